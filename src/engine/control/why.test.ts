import { expect, test } from "bun:test";
import { containerConfig } from "../../../test/support/container-config.ts";
import type { SentSignal } from "../containers/container.ts";
import { type ContainerRecord, CREATED } from "../containers/record.ts";
import type { ContainerState } from "../model.ts";
import { type EndNote, errorOf, LOST, NOT_STARTED } from "./end-note.ts";
import { explainContainer } from "./why.ts";

const ENDED: EndNote = { kind: "ended", signal: 0, sent: [], memory: {} };

function record(state: Partial<ContainerState>, end?: EndNote): ContainerRecord {
  const path = "/app";
  return {
    id: "a".repeat(64),
    name: "web",
    imageId: "",
    createdAt: "",
    config: containerConfig(),
    effective: { path } as ContainerRecord["effective"],
    mounts: [],
    userNamespace: "host",
    endpoints: [],
    chosenPorts: [],
    state: { ...CREATED, ...state },
    restartCount: 0,
    ...(end === undefined ? {} : { end }),
  };
}

const exited = (state: Partial<ContainerState>, end: Partial<EndNote> = {}) =>
  explainContainer(record({ status: "exited", ...state }, { ...ENDED, ...end }));

const sent = (signal: number, by: SentSignal["by"], atMs = 0): SentSignal => ({ signal, by, atMs });

test.each<[string, ReturnType<typeof explainContainer>, string, string]>([
  ["never started", explainContainer(record({})), "never started", "sampan start web"],
  ["runs", explainContainer(record({ status: "running" })), "It runs", ""],
  ["paused", explainContainer(record({ status: "paused" })), "It is paused", "sampan unpause web"],
  ["success", exited({ exitCode: 0 }), "by itself, with 0", "The program did what"],
  ["its own code", exited({ exitCode: 42 }), "by itself, with 42", "chose 42"],
  ["126", exited({ exitCode: 126 }), "with 126", "chmod +x"],
  ["127", exited({ exitCode: 127 }), "with 127", "did not find a command"],
  ["a shell's 139", exited({ exitCode: 139 }), "with 139", "SIGSEGV ended it or a command"],
  ["a crash", exited({ exitCode: 139 }, { signal: 11 }), "killed by SIGSEGV", "not its own"],
  ["a stranger", exited({ exitCode: 137 }, { signal: 9 }), "killed by SIGKILL", "no client asked"],
  [
    "docker kill",
    exited({ exitCode: 137 }, { signal: 9, sent: [sent(9, "kill")] }),
    "as a client had asked",
    "(kill)",
  ],
  [
    "a stop that took too long",
    exited(
      { exitCode: 137 },
      { signal: 9, sent: [sent(15, "stop"), sent(9, "stop-timeout", 3000)] },
    ),
    "did not stop when it was asked to",
    "SIGTERM, and did not end within 3 s",
  ],
  [
    "a stop that it obeyed",
    exited({ exitCode: 143 }, { sent: [sent(15, "stop")] }),
    "by itself, with 143, after a signal",
    "a client asked it to stop",
  ],
  [
    "its limit of memory",
    exited(
      { exitCode: 137, oomKilled: true },
      { signal: 9, memory: { limitBytes: 16 * 2 ** 20, peakBytes: 15.5 * 2 ** 20 } },
    ),
    "killed it for want of memory (limit 16 MiB, peak 15.5 MiB)",
    "--memory SIZE",
  ],
  [
    "the host's memory",
    exited({ exitCode: 1, oomKilled: true }),
    "killed one of its processes for want of memory.",
    "Give the host more memory",
  ],
  [
    "a missing library",
    exited({ exitCode: 127 }, { missing: { library: "libz.so.1", neededBy: "/app" } }),
    "a shared library is missing",
    "/app needs libz.so.1",
  ],
  [
    "nobody saw it",
    explainContainer(record({ status: "exited", exitCode: 255, error: "left no record" }, LOST)),
    "nobody saw how",
    "left no record",
  ],
  [
    "a failed start",
    explainContainer(record({ error: "exec: x: not found", exitCode: 127 }, NOT_STARTED)),
    "could not be started",
    'the image has "/app"',
  ],
  [
    "a missing bind",
    explainContainer(
      record({ error: "bind source path does not exist: /x", exitCode: 128 }, NOT_STARTED),
    ),
    "could not be started",
    "Make what is to be mounted",
  ],
])("of %s is told what happened and why", (...row) => {
  const [, told, what, more] = row;
  expect(told.what).toContain(what);
  expect([...told.why, ...told.advice].join("\n")).toContain(more);
});

test("State.Error is for what nobody asked for", () => {
  expect(errorOf(ENDED, false)).toBe("");
  expect(errorOf({ ...ENDED, signal: 9, sent: [sent(9, "kill")] }, false)).toBe("");
  expect(errorOf({ ...ENDED, signal: 11 }, false)).toBe("killed by SIGSEGV");
  expect(errorOf({ ...ENDED, memory: { limitBytes: 2 ** 20 } }, true)).toBe(
    "killed for want of memory (limit 1 MiB)",
  );
  expect(errorOf({ ...ENDED, missing: { library: "l.so", neededBy: "/a" } }, false)).toBe(
    "/a needs the library l.so, and it is not there",
  );
});
