import { existsSync, readFileSync } from "node:fs";
import { Forwarder } from "../../network/dns/forwarder.ts";
import { HostResolvers } from "../../network/dns/host-resolvers.ts";
import { NameServer } from "../../network/dns/name-server.ts";
import { NAME_SERVER_ADDRESS } from "../../network/dns/name-server-rules.ts";
import type { ForwardingRules } from "../../network/dns/responder.ts";
import { planInternalResolver } from "../../network/resolver-file.ts";
import type { ContainerRecord, EndpointRecord } from "../containers/record.ts";
import type { HostOptions } from "../model.ts";
import { ContainerZone, type NamedNetwork } from "./container-zone.ts";
import type { NetworkSet } from "./network-set.ts";

const RESOLV_CONF = "/etc/resolv.conf";

interface OpenNames {
  readonly server: NameServer;
  readonly zone: ContainerZone;
}

/** The name servers of the containers on networks with names. */
export class ContainerNames {
  readonly #networks: NetworkSet;
  readonly #forwarder = new Forwarder({ hostResolvers: new HostResolvers(RESOLV_CONF) });
  readonly #open = new Map<string, OpenNames>();

  constructor(networks: NetworkSet) {
    this.#networks = networks;
  }

  /** Opens, changes or closes a container's name server, as the networks that it is on now want it. */
  update(record: ContainerRecord, namespaceFd: number): void {
    const named = this.#namedNetworks(record.endpoints);
    const forwarding = this.#forwardingFor(record);
    const open = this.#open.get(record.id);
    if (named.length === 0) {
      this.close(record.id);
    } else if (open === undefined) {
      const zone = new ContainerZone(named);
      const server = NameServer.open({ namespaceFd, zone, forwarding });
      this.#open.set(record.id, { server, zone });
    } else {
      open.zone.setNetworks(named);
      open.server.setForwarding(forwarding);
    }
  }

  /** No error where there is none. */
  close(containerId: string): void {
    this.#open.get(containerId)?.server[Symbol.dispose]();
    this.#open.delete(containerId);
  }

  /** The text of /etc/resolv.conf of a container that asks here; undefined where it asks others. */
  resolverText({ endpoints, config }: ContainerRecord): string | undefined {
    return this.#namedNetworks(endpoints).length === 0 ? undefined : resolverFor(config.host).text;
  }

  #namedNetworks(endpoints: readonly EndpointRecord[]): readonly NamedNetwork[] {
    return endpoints.flatMap(({ networkId, request, live }) => {
      const network = live.endpointId === "" ? undefined : this.#networks.find(networkId);
      if (network?.hasNames !== true) return [];
      return [{ network, links: new Map(request.links.map(parseLink)) }];
    });
  }

  /** From internal networks alone nothing gets out, names neither. */
  #forwardingFor({ endpoints, config }: ContainerRecord): ForwardingRules | undefined {
    const reachesOthers = endpoints.some(({ live }) =>
      live.addresses.some(({ gateway }) => gateway !== ""),
    );
    if (!reachesOthers) return undefined;
    const { servers, forwardsSingleLabels } = resolverFor(config.host);
    return { forwarder: this.#forwarder, servers, forwardsSingleLabels };
  }
}

function resolverFor(host: HostOptions) {
  return planInternalResolver(hostResolver(), host, NAME_SERVER_ADDRESS);
}

function hostResolver(): string {
  return existsSync(RESOLV_CONF) ? readFileSync(RESOLV_CONF, "utf8") : "";
}

/** `container:alias`; a container alone is its own alias. */
function parseLink(text: string): readonly [string, string] {
  const [container = "", alias = container] = text.split(":");
  return [alias.toLowerCase(), container.toLowerCase()];
}
