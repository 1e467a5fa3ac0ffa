import { expect, test } from "bun:test";
import { CLI_BODY } from "../../../test/support/docker-cli-body.ts";
import { EngineError } from "../../base/errors.ts";
import { NEWEST } from "../version.ts";
import { decodeCreate } from "./create-body.ts";
import { decodeExec } from "./exec-json.ts";
import { Fields } from "./fields.ts";

const VALUES: readonly unknown[] = [
  ...[null, true, 0, 1, -1, 1.5, 1e300, 2 ** 63, "", "x", "\0", "container:", "a:b:c:d", "=", ":"],
  ...[[], [null], [1], ["x"], [[]], [{}], [{ Type: "bind" }], [{ Name: 1 }], [["a", 1]]],
  ...[{}, { a: 1 }, { a: null }, { a: "x" }, { a: {} }, { Type: [] }, { "80/tcp": null }],
];

function expectRefusal(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError);
    expect(["invalid", "unimplemented"]).toContain((error as EngineError).kind);
  }
}

const query = { name: "", platform: "", version: NEWEST };
const decode = (body: object) => decodeCreate(Fields.of({ Image: "x", ...body }, "Config"), query);
const deeper = [
  ...Object.keys(CLI_BODY.HostConfig),
  "Mounts",
  "Tmpfs",
  "Sysctls",
  "Init",
  "Annotations",
];
const mountFields = [
  "Type",
  "Source",
  "Target",
  "ReadOnly",
  "BindOptions",
  "VolumeOptions",
  "TmpfsOptions",
];

test.each([...Object.keys(CLI_BODY), "ExposedPorts", "Healthcheck", "StopTimeout", "Shell"])(
  "%s of any value is understood or refused",
  (field) => {
    for (const value of VALUES) expectRefusal(() => decode({ [field]: value }));
  },
);

test.each(deeper)("HostConfig.%s of any value is understood or refused", (field) => {
  for (const value of VALUES) expectRefusal(() => decode({ HostConfig: { [field]: value } }));
});

test.each(mountFields)("Mounts[].%s of any value is understood or refused", (field) => {
  for (const Type of ["bind", "volume", "tmpfs"]) {
    const mount = { Type, Source: "/a", Target: "/b" };
    for (const value of VALUES) {
      expectRefusal(() => decode({ HostConfig: { Mounts: [{ ...mount, [field]: value }] } }));
    }
  }
});

test.each(["Cmd", "Env", "User", "WorkingDir", "Privileged", "Tty", "AttachStdin", "DetachKeys"])(
  "an exec's %s of any value is understood or refused",
  (field) => {
    for (const value of VALUES) {
      expectRefusal(() => decodeExec(Fields.of({ Cmd: ["x"], [field]: value }, "ExecOptions")));
    }
  },
);
