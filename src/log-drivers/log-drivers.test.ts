import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, inflateSync } from "node:zlib";
import { TestAuthority } from "../../test/support/certificates.ts";
import { LogReceiver, PathReceiver, UdpReceiver } from "../../test/support/log-receiver.ts";
import { decodeMessagePack } from "../../test/support/message-unpack.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { openFluentd, parseFluentdOptions } from "./fluentd.ts";
import { openGelf, parseGelfOptions, splitGelf } from "./gelf.ts";
import { openJournald } from "./journald.ts";
import type { LogMessage, LogOrigin, LogSettings } from "./log-driver.ts";
import { openSyslog, parseSyslogOptions } from "./syslog.ts";

const ORIGIN: LogOrigin = {
  containerId: "c".repeat(64),
  containerName: "web",
  imageId: "sha256:1234",
  imageName: "busybox",
  command: "sh -c x",
  createdAt: "2026-01-02T03:04:05.000000000Z",
  hostname: "box",
  tag: "tagged",
  attributes: { role: "db" },
};

const TIME_NS = 1_767_323_045_123_456_789n;
const out: LogMessage = { stream: "stdout", timeNs: TIME_NS, text: "héllo", partial: false };
const err: LogMessage = { stream: "stderr", timeNs: TIME_NS, text: "oops", partial: true };

const { pid } = process;

test.each<[LogSettings, RegExp]>([
  [{}, /^<30>\w{3} [ \d]\d \d\d:\d\d:\d\d tagged\[PID\]: héllo\n<27>.*: oops\n$/],
  [
    { "syslog-format": "rfc3164", "syslog-facility": "local7" },
    /^<190>\w{3} [ \d]\d \d\d:\d\d:\d\d box tagged\[PID\]: héllo\n<187>.*\n$/,
  ],
  [
    { "syslog-format": "rfc5424", "syslog-facility": "1" },
    /^<14>1 2026-01-02T03:04:05Z box tagged PID tagged - héllo\n<11>1 .*\n$/,
  ],
  [
    { "syslog-format": "rfc5424micro" },
    /^<30>1 2026-01-02T03:04:05.123456Z box tagged PID tagged - héllo\n<27>1 .*\n$/,
  ],
])("syslog with %p writes %p", async (settings, expected) => {
  await using receiver = await LogReceiver.listen();
  const address = `tcp://127.0.0.1:${receiver.port}`;
  const options = parseSyslogOptions({ ...settings, "syslog-address": address });
  await using driver = await openSyslog(options, ORIGIN);
  await driver.send([out, err]);

  expect((await receiver.until("oops\n")).replaceAll(String(pid), "PID")).toMatch(expected);
});

test("syslog goes by UDP and to a socket with a path, too", async () => {
  using directory = new TemporaryDirectory();
  const path = join(directory.path, "s");
  await using udp = await UdpReceiver.listen();
  await using unix = await LogReceiver.listen(path);
  for (const address of [`udp://127.0.0.1:${udp.port}`, `unix://${path}`]) {
    await using driver = await openSyslog(
      parseSyslogOptions({ "syslog-address": address }),
      ORIGIN,
    );
    await driver.send([out, err]);
  }

  expect((await udp.until(2)).map((each) => each.toString().slice(0, 4))).toEqual(["<30>", "<27>"]);
  expect(await unix.until("oops\n")).toContain("héllo\n");
});

test("syslog over TLS makes sure of its server, and counts bytes", async () => {
  using directory = new TemporaryDirectory();
  const authority = await TestAuthority.create(directory.path);
  const { certificate, key } = await authority.issue("server", "IP:127.0.0.1");
  const tls = { cert: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
  await using receiver = await LogReceiver.listen(0, { tls });
  const settings = {
    "syslog-address": `tcp+tls://127.0.0.1:${receiver.port}`,
    "syslog-format": "rfc5424",
  };
  const trusting = { ...settings, "syslog-tls-ca-cert": authority.certificate };
  await using driver = await openSyslog(parseSyslogOptions(trusting), ORIGIN);
  await driver.send([out]);
  const [, length = "", line = ""] = /^(\d+) (.*)$/s.exec(await receiver.until("héllo\n")) ?? [];

  expect(Number(length)).toBe(Buffer.byteLength(line));
  await expect(openSyslog(parseSyslogOptions(settings), ORIGIN)).rejects.toThrow("dial tcp");
  const careless = parseSyslogOptions({ ...settings, "syslog-tls-skip-verify": "" });
  await using _ = await openSyslog(careless, ORIGIN);
});

test("the journal gets fields, and syslog a datagram, at sockets with paths", async () => {
  using directory = new TemporaryDirectory();
  const path = join(directory.path, "s");
  using receiver = new PathReceiver(path);
  const attributes = { "a.b": "1\n2", message: "of a label" };
  await using journal = await openJournald({ ...ORIGIN, attributes }, path);
  await journal.send([err]);
  const fields = receiver.receive();
  const settings = { "syslog-address": `unixgram://${path}` };
  await using syslog = await openSyslog(parseSyslogOptions(settings), ORIGIN);
  await syslog.send([out]);

  expect(receiver.receive()).toStartWith("<30>");
  expect(fields).toContain("MESSAGE=oops\nPRIORITY=3\n");
  expect(fields).not.toContain("of a label");
  expect(fields).toContain("SYSLOG_TIMESTAMP=2026-01-02T03:04:05.123456789Z\n");
  expect(fields).toContain(`CONTAINER_ID=${"c".repeat(12)}\n`);
  expect(fields).toContain("CONTAINER_PARTIAL_MESSAGE=true\n");
  expect(fields).toContain("A_B\n\x03\0\0\0\0\0\0\x001\n2\n");
  await expect(openJournald(ORIGIN, "/nowhere")).rejects.toThrow("journald is not enabled");
});

test.each(["gzip", "zlib", "none"])("gelf by UDP with compression %s", async (type) => {
  await using receiver = await UdpReceiver.listen();
  const options = parseGelfOptions({
    "gelf-address": `udp://127.0.0.1:${receiver.port}`,
    "gelf-compression-type": type,
  });
  await using driver = await openGelf(options, ORIGIN);
  await driver.send([out]);
  const [datagram = Buffer.alloc(0)] = await receiver.until(1);
  const inflate = { gzip: gunzipSync, zlib: inflateSync, none: (bytes: Buffer) => bytes }[type];

  expect(JSON.parse(String(inflate?.(datagram)))).toEqual({
    version: "1.1",
    host: "box",
    short_message: "héllo",
    timestamp: 1_767_323_045.123,
    level: 6,
    _container_id: ORIGIN.containerId,
    _container_name: "web",
    _image_id: "sha256:1234",
    _image_name: "busybox",
    _command: "sh -c x",
    _tag: "tagged",
    _created: "2026-01-02T03:04:05.000000000Z",
    _role: "db",
  });
});

test("gelf by TCP ends each message with a NUL", async () => {
  await using receiver = await LogReceiver.listen();
  const options = parseGelfOptions({ "gelf-address": `tcp://127.0.0.1:${receiver.port}` });
  await using driver = await openGelf(options, ORIGIN);
  await driver.send([out, err]);
  const messages = (await receiver.until("oops")).split("\0").slice(0, -1);

  expect(messages.map((each) => JSON.parse(each).short_message)).toEqual(["héllo", "oops"]);
});

test("gelf's long messages go in chunks that can be put together", () => {
  const message = Buffer.from(Array.from({ length: 5000 }, (_, index) => index & 255));
  const chunks = splitGelf(message);

  expect(chunks.map((chunk) => [...chunk.subarray(0, 2), ...chunk.subarray(10, 12)])).toEqual(
    [0, 1, 2, 3].map((index) => [0x1e, 0x0f, index, 4]),
  );
  expect(Buffer.concat(chunks.map((chunk) => chunk.subarray(12))).equals(message)).toBe(true);
});

test("fluentd gets each message with its tag, time and record", async () => {
  await using receiver = await LogReceiver.listen();
  const options = parseFluentdOptions({ "fluentd-address": `127.0.0.1:${receiver.port}` });
  await using driver = await openFluentd(options, ORIGIN);
  await driver.send([out, err]);
  await receiver.until("oops");
  const common = { container_id: ORIGIN.containerId, container_name: "/web", role: "db" };

  expect(decodeMessagePack(Buffer.concat(receiver.pieces))).toEqual([
    ["tagged", 1_767_323_045, { ...common, source: "stdout", log: "héllo" }],
    [
      "tagged",
      1_767_323_045,
      { ...common, source: "stderr", log: "oops", partial_message: "true" },
    ],
  ]);
});

test("fluentd says that it has it, where it is asked, with nanoseconds where those are asked for", async () => {
  const answer = (bytes: Buffer) => {
    const [[, , { chunk }]] = decodeMessagePack(bytes) as [[string, unknown, { chunk: string }]];
    return Buffer.concat([
      Buffer.of(0x81, 0xa3),
      Buffer.from("ack"),
      Buffer.from(`\xb8${chunk}`, "latin1"),
    ]);
  };
  await using receiver = await LogReceiver.listen(0, { answer });
  const options = parseFluentdOptions({
    "fluentd-address": `tcp://127.0.0.1:${receiver.port}`,
    "fluentd-request-ack": "true",
    "fluentd-sub-second-precision": "true",
  });
  await using driver = await openFluentd(options, ORIGIN);
  await driver.send([out]);
  const [[tag, entries]] = decodeMessagePack(Buffer.concat(receiver.pieces)) as [[string, unknown]];
  const time = Buffer.alloc(9);
  time.writeUInt32BE(1_767_323_045, 1);
  time.writeUInt32BE(123_456_789, 5);

  expect(tag).toBe("tagged");
  expect(entries).toEqual([[{ ext: time }, expect.objectContaining({ log: "héllo" })]]);
});

test("a receiver that is not there is told in Docker's words", async () => {
  const receiver = await LogReceiver.listen();
  const { port } = receiver;
  await receiver[Symbol.asyncDispose]();
  const options = parseSyslogOptions({ "syslog-address": `tcp://127.0.0.1:${port}` });

  await expect(openSyslog(options, ORIGIN)).rejects.toThrow(
    `dial tcp 127.0.0.1:${port}: connect: connection refused`,
  );
});
