import { EngineError } from "../../base/errors.ts";
import type { VolumeRequest, VolumeView } from "../../engine/volume-facade.ts";
import type { Fields } from "./fields.ts";
import { checkVolumeDriver, VOLUME_DRIVER } from "./volume-driver.ts";

/** A volume, as all endpoints show it. */
export interface VolumeJson {
  readonly CreatedAt: string;
  readonly Driver: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Mountpoint: string;
  readonly Name: string;
  readonly Options: Readonly<Record<string, string>> | null;
  readonly Scope: string;
}

export function toVolumeJson(volume: VolumeView): VolumeJson {
  return {
    CreatedAt: volume.createdAt.replace(/\.\d+(?=Z$)/, ""),
    Driver: VOLUME_DRIVER,
    Labels: orNull(volume.labels),
    Mountpoint: volume.mountpoint,
    Name: volume.name,
    Options: orNull(volume.options),
    Scope: "local",
  };
}

/** Reads the body of `POST /volumes/create`. */
export function decodeVolumeRequest(body: Fields): VolumeRequest {
  const name = body.text("Name");
  checkVolumeDriver(body.text("Driver"), name, "not-found");
  if (body.findChild("ClusterVolumeSpec") !== undefined) {
    const message = "a cluster volume can be created only on a node that is a swarm manager";
    throw new EngineError("unavailable", message);
  }
  return { name, options: body.textMap("DriverOpts"), labels: body.textMap("Labels") };
}

function orNull(map: Readonly<Record<string, string>>) {
  return Object.keys(map).length === 0 ? null : map;
}
