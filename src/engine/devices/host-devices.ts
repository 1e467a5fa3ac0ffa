import { type Dirent, lstatSync, readdirSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../base/errors.ts";
import type { Device } from "../../oci/runtime-spec.ts";
import type { HostOptions } from "../model.ts";
import type { GrantedDevice } from "../spec/devices.ts";
import type { DeviceRequest } from "./device-request.ts";

/** What a container has of its own in /dev, and links. */
const NOT_DEVICES = new Set(["pts", "shm", "fd", "mqueue", "console", "ptmx"]);

/** Looks up the devices that a container gets: those asked for, or with --privileged all. */
export function findDevices(host: HostOptions): readonly GrantedDevice[] {
  if (host.privileged) return listDevices("/dev");
  return host.devices.flatMap(grantDevice);
}

/** A directory stands for all devices in it. */
function grantDevice(request: DeviceRequest): readonly GrantedDevice[] {
  const status = statDevice(request.hostPath);
  const own = toDevice(request.path, status, request.access);
  if (own !== undefined) return [own];
  const inside = status.isDirectory()
    ? listDevices(request.hostPath).map(({ device }) => ({
        device: { ...device, path: request.path + device.path.slice(request.hostPath.length) },
        access: request.access,
      }))
    : [];
  if (inside.length > 0) return inside;
  throw new EngineError("invalid", `${explainDevice(request.hostPath)}: not a device node`);
}

/** What kind of device the host has there. */
export function findNode(path: string): Omit<Device, "path" | "uid" | "gid"> {
  const own = toDevice(path, statDevice(path), "rwm");
  if (own === undefined) {
    throw new EngineError("invalid", `${explainDevice(path)}: not a device node`);
  }
  const { path: _, uid, gid, ...node } = own.device;
  return node;
}

function statDevice(path: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    throw new EngineError("invalid", `${explainDevice(path)}: no such file or directory`, {
      cause,
    });
  }
}

function explainDevice(path: string): string {
  return `error gathering device information while adding custom device "${path}"`;
}

function listDevices(directory: string): readonly GrantedDevice[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
    NOT_DEVICES.has(entry.name) ? [] : devicesAt(join(directory, entry.name), entry),
  );
}

function devicesAt(path: string, entry: Dirent): readonly GrantedDevice[] {
  if (entry.isDirectory()) return listDevices(path);
  if (!entry.isCharacterDevice() && !entry.isBlockDevice()) return [];
  const device = toDevice(path, lstatSync(path), "rwm");
  return device === undefined ? [] : [device];
}

function toDevice(path: string, status: Stats, access: string): GrantedDevice | undefined {
  if (!status.isCharacterDevice() && !status.isBlockDevice()) return undefined;
  const device = {
    type: status.isBlockDevice() ? ("b" as const) : ("c" as const),
    path,
    ...splitDeviceNumber(status.rdev),
    fileMode: status.mode & 0o777,
    uid: status.uid,
    gid: status.gid,
  };
  return { device, access };
}

/** The parts of a dev_t as user space has it; each is in two pieces. makedev(3) */
export function splitDeviceNumber(rdev: number): {
  readonly major: number;
  readonly minor: number;
} {
  const wide = BigInt(rdev);
  const major = ((wide >> 8n) & 0xfffn) | ((wide >> 32n) & ~0xfffn);
  const minor = (wide & 0xffn) | ((wide >> 12n) & ~0xffn & 0xffff_ffffn);
  return { major: Number(major), minor: Number(minor) };
}
