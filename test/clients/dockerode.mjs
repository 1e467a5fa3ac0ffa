// dockerode's ways through a container's life, on the daemon at DOCKER_HOST that has an image "busybox".

import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import Docker from "dockerode";

const docker = new Docker({ socketPath: process.env.DOCKER_HOST.replace("unix://", "") });
const SLEEP = { Image: "busybox", Cmd: ["sleep", "1000"] };

/** Runs a body with a container that runs, and removes it. */
async function withContainer(options, body) {
  const container = await docker.createContainer({ ...SLEEP, ...options });
  try {
    await container.start();
    return await body(container);
  } finally {
    await container.remove({ force: true, v: true });
  }
}

/** Reads a multiplexed stream to its end. */
async function demux(stream) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, stdout, stderr);
  stream.on("end", () => {
    stdout.end();
    stderr.end();
  });
  return { stdout: await text(stdout), stderr: await text(stderr) };
}

test("run() gathers the output and says how it ended", async () => {
  const out = new PassThrough();
  const command = ["sh", "-c", "echo hi; exit 3"];
  const [result, container] = await docker.run("busybox", command, out, { Tty: true });
  assert.equal(result.StatusCode, 3);
  out.end();
  assert.equal(await text(out), "hi\r\n");
  await container.remove();
});

test("a list, inspect, rename, top, pause and stop of a container", async () => {
  await withContainer({ name: "rode", Labels: { a: "1" } }, async (container) => {
    const [row] = await docker.listContainers({ filters: { label: ["a=1"] } });
    assert.deepEqual([row.Id, row.Names, row.State], [container.id, ["/rode"], "running"]);
    await container.rename({ name: "rode2" });
    assert.equal((await docker.getContainer("rode2").inspect()).Id, container.id);
    const { Titles, Processes } = await container.top();
    assert.equal(Processes[0][Titles.indexOf("CMD")], "sleep 1000");
    await container.pause();
    assert.equal((await container.inspect()).State.Status, "paused");
    await container.unpause();
    await container.stop({ t: 0 });
    await assert.rejects(container.stop(), { statusCode: 304 });
    assert.equal((await container.inspect()).State.ExitCode, 137);
  });
});

test("exec with input that is hijacked, and its exit code", async () => {
  await withContainer({}, async (container) => {
    const exec = await container.exec({
      Cmd: ["sh", "-c", "cat; echo done >&2; exit 4"],
      ...{ AttachStdin: true, AttachStdout: true, AttachStderr: true },
    });
    const stream = await exec.start({ hijack: true, stdin: true });
    stream.end("input\n");
    assert.deepEqual(await demux(stream), { stdout: "input\n", stderr: "done\n" });
    assert.equal((await exec.inspect()).ExitCode, 4);
  });
});

test("attach without hijacking shows what comes", async () => {
  const options = { Image: "busybox", Cmd: ["sh", "-c", "echo a; echo b >&2"] };
  const container = await docker.createContainer(options);
  const stream = await container.attach({ stream: true, stdout: true, stderr: true });
  await container.start();
  assert.deepEqual(await demux(stream), { stdout: "a\n", stderr: "b\n" });
  assert.equal((await container.wait()).StatusCode, 0);
  await container.remove();
});

test("logs, as a buffer and followed", async () => {
  await withContainer(
    { Cmd: ["sh", "-c", "echo one; echo two; sleep 0.2; echo three"] },
    async (c) => {
      const options = { stdout: true, stderr: true };
      assert.deepEqual(await demux(await c.logs({ ...options, follow: true })), {
        stdout: "one\ntwo\nthree\n",
        stderr: "",
      });
      const buffer = await c.logs({ ...options, tail: 1 });
      assert.equal(buffer.subarray(8).toString(), "three\n");
    },
  );
});

test("stats, once and as a stream", async () => {
  await withContainer({}, async (container) => {
    const once = await container.stats({ stream: false });
    assert.ok(once.memory_stats.usage > 0 && once.cpu_stats.online_cpus > 0);
    const stream = await container.stats({ stream: true });
    const [chunk] = await stream.take(1).toArray();
    assert.equal(JSON.parse(chunk).id, container.id);
    stream.destroy();
  });
});

test("events of the past and the present", async () => {
  const events = await docker.getEvents({ filters: { type: ["container"], event: ["die"] } });
  const id = await withContainer({ Cmd: ["false"] }, async (container) => {
    await container.wait();
    return container.id;
  });
  const [chunk] = await events.take(1).toArray();
  const { Actor } = JSON.parse(chunk);
  assert.deepEqual([Actor.ID, Actor.Attributes.exitCode], [id, "1"]);
  events.destroy();
});

test("archives out of one container into another", async () => {
  await withContainer({}, async (from) => {
    await withContainer({}, async (to) => {
      const archive = await from.getArchive({ path: "/etc/passwd" });
      await to.putArchive(archive, { path: "/tmp" });
      const stat = await to.infoArchive({ path: "/tmp/passwd" });
      stat.resume();
      const header = stat.headers["x-docker-container-path-stat"];
      assert.equal(JSON.parse(Buffer.from(header, "base64")).name, "passwd");
      assert.ok((await to.changes()).some(({ Path }) => Path === "/tmp/passwd"));
      await text(await to.export());
    });
  });
});

test("networks with aliases, and volumes", async () => {
  const network = await docker.createNetwork({ Name: "rode-net", Labels: { n: "1" } });
  const volume = await docker.createVolume({ Name: "rode-vol" });
  const place = { "rode-net": { Aliases: ["server"] } };
  const options = {
    HostConfig: { NetworkMode: "rode-net", Binds: ["rode-vol:/data"] },
    NetworkingConfig: { EndpointsConfig: place },
  };
  await withContainer(options, async (server) => {
    await withContainer({}, async (other) => {
      await network.connect({ Container: other.id });
      const { Containers } = await network.inspect();
      assert.deepEqual(Object.keys(Containers).sort(), [server.id, other.id].sort());
      const exec = await other.exec({ Cmd: ["ping", "-c1", "-W5", "server"], AttachStdout: true });
      const { stdout } = await demux(await exec.start({}));
      assert.match(stdout, / 1 packets received/);
      await network.disconnect({ Container: other.id, Force: true });
    });
    assert.equal((await server.inspect()).Mounts[0].Name, "rode-vol");
    await assert.rejects(volume.remove(), { statusCode: 409 });
  });
  await network.remove();
  await volume.remove();
  assert.deepEqual((await docker.listVolumes()).Volumes, []);
});

test("images: tag, commit, save, load, history and remove", async () => {
  const image = docker.getImage("busybox");
  await image.tag({ repo: "rode", tag: "1" });
  const saved = await docker.getImage("rode:1").get();
  await docker.getImage("rode:1").remove();
  await text(await docker.loadImage(saved));
  assert.ok((await docker.getImage("rode:1").history()).length > 0);
  await withContainer({}, async (container) => {
    const { Id } = await container.commit({ repo: "rode", tag: "2", changes: "ENV A=b" });
    const { Id: id, Config } = await docker.getImage("rode:2").inspect();
    assert.equal(id, Id);
    assert.ok(Config.Env.includes("A=b"));
  });
  await docker.getImage("rode:2").remove();
  await docker.getImage("rode:1").remove();
});

test("what is not there, and what is not right, has a status and a reason", async () => {
  await assert.rejects(docker.getContainer("none").inspect(), {
    statusCode: 404,
    json: { message: "No such container: none" },
  });
  await assert.rejects(docker.createContainer({ Image: "none/such" }), { statusCode: 404 });
  await assert.rejects(docker.createContainer({ ...SLEEP, name: "bad name" }), { statusCode: 400 });
});

test("info, version, ping and disk usage", async () => {
  assert.equal((await docker.ping()).toString(), "OK");
  assert.equal((await docker.version()).ApiVersion, "1.51");
  assert.equal((await docker.info()).OSType, "linux");
  assert.ok(Array.isArray((await docker.df()).Images));
});
