// Containers that cannot be made or started: Docker's status and words, and nothing left.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { ApiUser } from "../support/api-user.ts";
import { makeBrokenArchive } from "../support/broken-image.ts";
import { TestDaemon } from "../support/daemon.ts";
import { testAsRoot as test } from "../support/test-if.ts";

let daemon: TestDaemon;
let user: ApiUser;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  daemon = await TestDaemon.startWithBusybox();
  user = new ApiUser(daemon);
  const archive = await makeBrokenArchive();
  for (const name of ["broken", "bare"]) {
    await user.ask("POST", `/images/create?fromSrc=-&repo=${name}`, archive);
  }
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

/** An answer that is wanted: its status and a part of its message. */
type Refusal = readonly [name: string, body: object, status: number, message: string];

describe("create refuses, and makes nothing:", () => {
  const rows: readonly Refusal[] = [
    ["an unknown image", { Image: "nosuch" }, 404, "No such image: nosuch:latest"],
    ["an unknown tag", { Image: "busybox:9" }, 404, "No such image: busybox:9"],
    ["an unknown id", { Image: "sha256:00ff" }, 404, "No such image: sha256:00ff"],
    ["a bad reference", { Image: "Bad Name" }, 400, "invalid reference format"],
    ["no configuration", {}, 400, "config cannot be empty in order to create a container"],
    ["no command at all", { Image: "bare" }, 400, "no command specified"],
    [
      "a bind source that is not there (--mount)",
      host({ Mounts: [{ Type: "bind", Source: "/no/such", Target: "/x" }] }),
      400,
      'invalid mount config for type "bind": bind source path does not exist: /no/such',
    ],
    ["a relative mount target", host({ Binds: ["/tmp:relative"] }), 400, "relative"],
    [
      "two mounts at one place",
      host({ Binds: ["/tmp:/x"], Mounts: [{ Type: "bind", Source: "/var", Target: "/x" }] }),
      400,
      "Duplicate mount point: /x",
    ],
    ["a mount at the root", host({ Binds: ["/tmp:/"] }), 400, "destination can't be '/'"],
    ["an unknown mount type", host({ Mounts: [{ Type: "odd", Target: "/x" }] }), 400, "odd"],
    ["an unknown capability", host({ CapAdd: ["FLY"] }), 400, "CAP_FLY"],
    ["an unknown ulimit", host({ Ulimits: [{ Name: "odd", Soft: 1, Hard: 1 }] }), 400, "odd"],
    [
      "a device that is not there",
      host({
        Devices: [
          { PathOnHost: "/dev/nosuch", PathInContainer: "/dev/x", CgroupPermissions: "rwm" },
        ],
      }),
      0,
      "/dev/nosuch",
    ],
    ["too little memory", host({ Memory: 1024 }), 400, "Minimum memory limit allowed is 6MB"],
    ["an unknown network mode's container", host({ NetworkMode: "container:nosuch" }), 0, "nosuch"],
    ["a malformed seccomp profile", host({ SecurityOpt: ["seccomp={"] }), 400, "seccomp"],
    ["an unknown security option", host({ SecurityOpt: ["odd=1"] }), 400, "odd"],
    ["an unknown sysctl", host({ Sysctls: { "kernel.nosuch": "1" } }), 0, "kernel.nosuch"],
    ["an unknown restart policy", host({ RestartPolicy: { Name: "odd" } }), 400, "'odd'"],
    [
      "a restart policy with --rm",
      host({ AutoRemove: true, RestartPolicy: { Name: "always" } }),
      400,
      "can't create 'AutoRemove' container with restart policy",
    ],
    ["an unknown log driver", host({ LogConfig: { Type: "odd", Config: {} } }), 400, "odd"],
    ["a bad stop signal", { Image: "busybox", StopSignal: "ODD" }, 400, "ODD"],
    ["what is not there yet", host({ Cgroup: "container:x" }), 501, "HostConfig.Cgroup"],
    [
      "a device that no driver has",
      host({ DeviceRequests: [{ Count: -1, Capabilities: [["gpu", "compute"]] }] }),
      0,
      'could not select device driver "" with capabilities: [[gpu compute]]',
    ],
  ];
  for (const [name, body, status, message] of rows) {
    test(name, async () => {
      const made = await user.ask("POST", "/containers/create", body);
      const id = made.status === 201 ? JSON.parse(made.text).Id : undefined;
      const answer = id === undefined ? made : await user.ask("POST", `/containers/${id}/start`);
      if (id !== undefined) await user.remove(id);
      expect(answer.message).toContain(message);
      if (status !== 0) expect([answer.status, made.status]).toEqual([status, status]);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(await user.json("GET", "/containers/json?all=1")).toEqual([]);
    });
  }
});

describe("start fails for", () => {
  const rows: readonly Refusal[] = [
    [
      "a program that is not in PATH",
      { Cmd: ["nosuch"] },
      127,
      'exec: "nosuch": executable file not found in $PATH',
    ],
    ["a path that is not there", { Cmd: ["/no/such"] }, 127, "/no/such: no such file or directory"],
    ["a directory", { Cmd: ["/etc"] }, 126, "/etc"],
    [
      "a file that may not be run",
      { Cmd: ["/etc/passwd"] },
      126,
      'exec: "/etc/passwd": permission denied',
    ],
    ["a script whose interpreter is missing", { Cmd: ["/broken/script"] }, 127, "/no/interpreter"],
    ["a dynamic binary whose loader is missing", { Cmd: ["/broken/dynamic"] }, 127, "/lib64/ld-"],
    ["a file that is no program", { Cmd: ["/broken/garbage"] }, 126, "exec format error"],
    [
      "an unknown user",
      { User: "nosuch" },
      0,
      "unable to find user nosuch: no matching entries in passwd file",
    ],
    [
      "an unknown group",
      { User: "root:nosuch" },
      0,
      "unable to find group nosuch: no matching entries in group file",
    ],
    ["a working directory that is a file", { WorkingDir: "/etc/passwd" }, 0, "/etc/passwd"],
    ["a mount over a file", host({ Binds: ["/tmp:/etc/passwd"] }), 0, "/etc/passwd"],
  ];
  for (const [name, config, code, message] of rows) {
    test(name, async () => {
      const id = await user.create("true", { Image: "broken", ...config });
      const started = await user.ask("POST", `/containers/${id}/start`);
      const { State } = await user.inspect(id);
      await user.remove(id);
      expect(started.message).toContain(message);
      expect(started.status).toBeGreaterThanOrEqual(400);
      expect(State).toMatchObject({ Running: false, Status: "created" });
      if (code !== 0) expect([started.status, State.ExitCode]).toEqual([400, code]);
      expect(State.Error).toContain(message);
    });
  }
});

/** A container's configuration with these host options. */
function host(HostConfig: object): object {
  return { Image: "busybox", Cmd: ["true"], HostConfig };
}
