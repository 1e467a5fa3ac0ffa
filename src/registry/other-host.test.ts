import { expect } from "bun:test";
import { join } from "node:path";
import { NetworkNamespace } from "../../test/support/network-namespace.ts";
import { mustRun } from "../../test/support/run-program.ts";
import { testAsRoot } from "../../test/support/test-if.ts";

const SCRIPT = join(import.meta.dir, "../../test/support/other-host.ts");
const ADDRESS = "192.0.2.1";
const NOT_FOUND = "manifest for HOST/app:1 not found: manifest unknown: manifest unknown";

testAsRoot("of another host certificates are wanted, and proxies lead to it", async () => {
  using namespace = new NetworkNamespace();
  namespace.exec("ip", "link", "set", "lo", "up");
  namespace.exec("ip", "address", "add", `${ADDRESS}/32`, "dev", "lo");
  const output = await mustRun([
    ...["nsenter", `--net=${namespace.path}`],
    ...[process.execPath, SCRIPT, ADDRESS],
  ]);
  expect(JSON.parse(output)).toEqual({
    plain: 'Get "https://HOST/v2/": http: server gave HTTP response to HTTPS client',
    plainInsecure: NOT_FOUND,
    plainInsecureRange: NOT_FOUND,
    refused: 'Get "https://HOST/v2/": dial tcp HOST: connect: connection refused',
    unknownAuthority: 'Get "https://HOST/v2/": x509: certificate signed by unknown authority',
    unknownAuthorityInsecure: NOT_FOUND,
    knownAuthority: NOT_FOUND,
    otherName: `Get "https://HOST/v2/": x509: certificate is not valid for ${ADDRESS}`,
    withPair: NOT_FOUND,
    withoutPair: 'Get "https://HOST/v2/": remote error: tls: handshake failure',
    downgrade: "Cannot follow the redirect of https://HOST: it leads from https to http, to HOST",
    plainRealm:
      'Cannot authenticate with HOST: it sends to the token server "http://HOST/token": the registry is reached with https, so https is wanted here too',
    plainProxy: `${NOT_FOUND} | GET http://192.0.2.77/v2/ | GET http://192.0.2.77/v2/app/manifests/1`,
    tunnel:
      'Get "https://HOST/v2/": Proxy refused to open a tunnel: 502 Status | CONNECT 192.0.2.77:443',
    exceptFromProxy: 'Get "http://HOST/v2/": dial tcp HOST:80: connect: network is unreachable',
    deadProxy: `Get "https://HOST/v2/": proxyconnect tcp: dial tcp ${ADDRESS}:1: connect: connection refused`,
  });
});
