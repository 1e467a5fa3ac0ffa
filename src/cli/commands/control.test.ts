import { describe, expect, test } from "bun:test";
import { type Canned, startCannedApi } from "../../../test/support/canned-api.ts";
import { recordedIo } from "../../../test/support/recorded-io.ts";
import { runCli } from "../main.ts";

async function run(answers: Readonly<Record<string, Canned>>, words: readonly string[]) {
  await using api = await startCannedApi(answers);
  const io = recordedIo({ env: { SAMPAN_HOST: api.host } });
  const code = await runCli(words, io);
  return { code, out: io.out(), err: io.err(), asked: [...api.asked] };
}

const CPU = { cpu_usage: { total_usage: 100 }, system_cpu_usage: 1000, online_cpus: 2 };

const STATS = {
  id: "abcdef0123456789",
  name: "/web",
  read: "2026-01-01T00:00:00Z",
  cpu_stats: { ...CPU, cpu_usage: { total_usage: 150 }, system_cpu_usage: 1200 },
  precpu_stats: CPU,
  memory_stats: {
    usage: 3 << 20,
    limit: 50 << 20,
    stats: { total_inactive_file: 1 << 20, inactive_file: 7 },
  },
  pids_stats: { current: 4 },
  blkio_stats: {
    io_service_bytes_recursive: [
      { op: "Read", value: 1500 },
      { op: "write", value: 2 },
      { op: "Total", value: 1502 },
    ],
  },
  networks: { eth0: { rx_bytes: 1000, tx_bytes: 10 }, eth1: { rx_bytes: 1096, tx_bytes: 0 } },
};

describe("stats", () => {
  const answers = { "GET /containers/web/stats": { lines: [STATS] } };

  test("shows rates and sizes as Docker's does", async () => {
    const { out, asked } = await run(answers, ["stats", "--no-stream", "web"]);
    expect(out).toBe(
      `CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT   MEM %     NET I/O       BLOCK I/O    PIDS
abcdef012345   web       50.00%    2MiB / 50MiB        4.00%     2.1kB / 10B   1.5kB / 2B   4
`,
    );
    expect(JSON.stringify(asked)).toContain("stream=0");
  });

  test("--no-trunc and --format", async () => {
    const words = [
      "stats",
      "--no-stream",
      "--no-trunc",
      "--format",
      "{{.ID}} {{.Container}}",
      "web",
    ];
    expect((await run(answers, words)).out).toBe("abcdef0123456789 web\n");
    const json = ["stats", "--no-stream", "--format", "json", "web"];
    expect(JSON.parse((await run(answers, json)).out)).toMatchObject({ Name: "web", PIDs: "4" });
  });

  test("a stream is drawn in place, and ends with its containers", async () => {
    const { code, out } = await run(answers, ["stats", "web"]);
    expect(code).toBe(0);
    expect(out).toStartWith("\x1b[2J");
  });

  test("without names it takes up containers that come, and ends with the daemon", async () => {
    const started = { Action: "start", Type: "container", Actor: { ID: "web" } };
    const { code, asked } = await run(
      {
        ...answers,
        "GET /containers/json": { json: [] },
        "GET /events": { lines: [started] },
      },
      ["stats"],
    );
    expect([code, asked.at(-1)]).toEqual([0, "GET /containers/web/stats?stream=1"]);
  });

  test("tells which container there is not", async () => {
    const { code, err } = await run(answers, ["stats", "--no-stream", "nope"]);
    expect([code, err.includes("nope")]).toEqual([1, true]);
  });
});

test("top shows what the daemon says, in wide columns", async () => {
  const json = { Titles: ["PID", "CMD"], Processes: [["7", "sh -c x"]] };
  const { out, asked } = await run({ "GET /containers/web/top": { json } }, [
    "top",
    "web",
    "-o",
    "pid,cmd",
  ]);
  expect(out).toBe("PID                 CMD\n7                   sh -c x\n");
  expect(JSON.stringify(asked)).toContain("ps_args=-o pid,cmd");
});

test.each(["pause", "unpause"])("%s prints the names", async (name) => {
  const answers = { [`POST /containers/web/${name}`]: { json: {} } };
  expect(await run(answers, [name, "web"])).toMatchObject({ code: 0, out: "web\n" });
  expect(await run(answers, ["container", name, "web"])).toMatchObject({ code: 0, out: "web\n" });
});

test("update sends the limits that were given, and shows warnings", async () => {
  const answers = { "POST /containers/web/update": { json: { Warnings: ["no swap"] } } };
  const words = ["update", "-m", "64m", "--cpus", "0.5", "--pids-limit", "0", "web"];
  const { out, asked } = await run(answers, words);
  expect(out).toBe("web\nno swap\n");
  expect(JSON.stringify(asked)).toContain(String(64 << 20));
});

test("why tells what, why, and what to do", async () => {
  const json = {
    Id: "1",
    Name: "web",
    Status: "created",
    What: "It could not be started.",
    Why: ["exec: nope"],
    Advice: ["Check it."],
    ExitCode: 127,
    Signal: "",
    OOMKilled: false,
  };
  const answers = { "GET /containers/web/why": { json } };
  expect((await run(answers, ["why", "web"])).out).toBe(
    "web (created): It could not be started.\n  exec: nope\nWhat to do:\n  Check it.\n",
  );
  expect((await run(answers, ["why", "-f", "{{.ExitCode}}", "web"])).out).toBe("127\n");
  const { code, out, err } = await run(answers, ["why", "nope", "web"]);
  expect([code, out]).toEqual([1, expect.stringMatching(/^web \(created\)/)]);
  expect(err).toContain("nope");
});
