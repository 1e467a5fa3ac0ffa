import { signalName } from "../../linux/signal.ts";
import type { SentSignal } from "../containers/container.ts";
import type { ContainerRecord } from "../containers/record.ts";
import type { WhyView } from "../control-facade.ts";
import { describeMemory, type EndNote, NOT_STARTED } from "./end-note.ts";
import { type Explained, explainExitCode, explainSignal } from "./exit-codes.ts";

interface Told extends Omit<Explained, "why"> {
  readonly what: string;
  readonly why: readonly string[];
}

/** Tells in words what became of a container. Pure. */
export function explainContainer(record: ContainerRecord): WhyView {
  const { state, id, name } = record;
  const end = record.end ?? NOT_STARTED;
  const { what, why, advice } = tell(record, end);
  const hasEnded = state.status === "exited" || state.status === "dead";
  return {
    id,
    name,
    status: state.status,
    what,
    why,
    advice: advice.map((line) => line.replaceAll("NAME", name)),
    exitCode: state.exitCode,
    signal: hasEnded && end.signal !== 0 ? signalName(end.signal) : "",
    oomKilled: state.oomKilled,
    ...(end.memory.limitBytes === undefined ? {} : { memoryLimitBytes: end.memory.limitBytes }),
    ...(end.memory.peakBytes === undefined ? {} : { memoryPeakBytes: end.memory.peakBytes }),
  };
}

function tell(record: ContainerRecord, end: EndNote): Told {
  const { status, startedAt } = record.state;
  switch (status) {
    case "running":
      return { what: `It runs, since ${startedAt}.`, why: [], advice: [] };
    case "paused":
      return {
        what: "It is paused: its processes are there, and none runs.",
        why: [],
        advice: ["Let it go on: sampan unpause NAME"],
      };
    case "created":
      return record.state.error === "" ? NEVER_STARTED : tellFailedStart(record);
    case "restarting":
    case "exited":
    case "dead":
      return record.end?.kind === "not-started" ? tellFailedStart(record) : tellEnd(record, end);
    case "removing":
      return { what: "It is being removed.", why: [], advice: [] };
  }
}

const NEVER_STARTED: Told = {
  what: "It was created, and never started.",
  why: [],
  advice: ["Start it: sampan start NAME"],
};

/** What Docker's clients find their way by, and people need not read. */
const CLIENTS_WORDS =
  /^Cannot start container "[^"]*": (failed to create task for container: )?(cannot start the program: )?/;

function tellFailedStart({ state, effective }: ContainerRecord): Told {
  const advice: string[] = [];
  if (/bind|mount/i.test(state.error) && /no such file|ENOENT|does not exist/.test(state.error)) {
    advice.push("Make what is to be mounted, or correct its path.");
  } else if (state.exitCode === 127) {
    advice.push(
      `Check that the image has ${JSON.stringify(effective.path)}, and what it names to run it.`,
    );
  } else if (state.exitCode === 126) {
    advice.push(
      `Make ${JSON.stringify(effective.path)} a program that can be run: chmod +x, and for this machine.`,
    );
  }
  return {
    what: "It could not be started.",
    why: [state.error.replace(CLIENTS_WORDS, "").replace(/: unknown$/, "")],
    advice: [...advice, "See what a start does, step by step: sampan explain NAME"],
  };
}

function tellEnd({ state }: ContainerRecord, end: EndNote): Told {
  const { exitCode } = state;
  if (end.kind === "lost") {
    const why = [state.error];
    return {
      what: "It ended, and nobody saw how.",
      why,
      advice: ["Start it again: sampan start NAME"],
    };
  }
  if (state.oomKilled) return tellOutOfMemory(end);
  if (end.missing !== undefined) return tellMissing(end.missing);
  const asked = end.sent.findLast(({ signal }) => signal === end.signal);
  if (end.signal !== 0 && asked !== undefined) {
    return tellSent(asked, end.sent);
  }
  if (end.signal !== 0) {
    const { why, advice } = explainSignal(end.signal);
    return { what: `It was killed by ${signalName(end.signal)}.`, why: [why], advice };
  }
  const last = end.sent.at(-1);
  const { why, advice } = explainExitCode(exitCode);
  const ended = `It ended by itself, with ${exitCode}`;
  if (last === undefined) return { what: `${ended}.`, why: [why], advice };
  const order = `It was sent ${signalName(last.signal)}: ${ORDERS[last.by]}.`;
  return { what: `${ended}, after a signal.`, why: [order], advice: [] };
}

function tellOutOfMemory(end: EndNote): Told {
  const { limitBytes } = end.memory;
  const whose = limitBytes === undefined ? "The host" : "The container";
  return {
    what:
      end.signal === 9
        ? `The kernel killed it for want of memory${describeMemory(end.memory)}.`
        : `The kernel killed one of its processes for want of memory${describeMemory(end.memory)}.`,
    why: [`${whose} had no memory left, and nothing that the kernel could take back.`],
    advice:
      limitBytes === undefined
        ? ["Give the host more memory, or limit its containers: --memory"]
        : [
            "Let it have more: sampan update --memory SIZE --memory-swap SIZE NAME",
            "Or make the program use less.",
          ],
  };
}

function tellMissing({ library, neededBy }: NonNullable<EndNote["missing"]>): Told {
  return {
    what: "It ended with 127: a shared library is missing.",
    why: [
      `${neededBy} needs ${library}, and that is in none of the directories where the loader looks.`,
    ],
    advice: [
      "Put the package that has it into the image, or link the program statically.",
      "An image for another C library (glibc, musl) does not help.",
    ],
  };
}

const ORDERS: Readonly<Record<SentSignal["by"], string>> = {
  kill: "a client asked for that (kill)",
  stop: "a client asked it to stop",
  "stop-timeout": "it did not end in the time that a client gave it to stop",
  remove: "a client removed it by force",
  unhealthy: "its checks failed, and that is what --health-on-failure asks for",
  "time-limit": "its time was up, as --timeout says",
};

function tellSent(asked: SentSignal, sent: readonly SentSignal[]): Told {
  const isOwnWish = asked.by === "unhealthy" || asked.by === "time-limit";
  const who = isOwnWish ? "its own options" : "a client";
  const what = `It was killed by ${signalName(asked.signal)}, as ${who} had asked.`;
  if (asked.by !== "stop-timeout")
    return { what, why: [`${capital(ORDERS[asked.by])}.`], advice: [] };
  const first = sent.find(({ by }) => by === "stop");
  const name = signalName(first?.signal ?? 15);
  const seconds = Math.round((asked.atMs - (first?.atMs ?? asked.atMs)) / 100) / 10;
  return {
    what: "It was killed, since it did not stop when it was asked to.",
    why: [`It was sent ${name}, and did not end within ${seconds} s.`],
    advice: [
      `The first process of a container only hears of ${name} if it has a handler for it: add one, or run it with --init.`,
      "Give it longer: --stop-timeout SECONDS, or stop --timeout SECONDS",
    ],
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
