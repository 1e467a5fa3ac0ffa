// testcontainers as tests use it, on the daemon at DOCKER_HOST that has an image "busybox".

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { GenericContainer, Network, Wait } from "testcontainers";

const IMAGE = "busybox:latest";

// testcontainers lets a log's connection not keep the program alive: something else has to.
const alive = setInterval(() => undefined, 1000);
after(() => clearInterval(alive));

test("a port that is waited for answers on the host", async () => {
  const container = await new GenericContainer(IMAGE)
    .withCommand([
      "sh",
      "-c",
      "mkdir /www; echo hello > /www/index.html; exec httpd -f -p 8080 -h /www",
    ])
    .withExposedPorts(8080)
    .start();
  const url = `http://${container.getHost()}:${container.getMappedPort(8080)}/`;
  assert.equal(await (await fetch(url)).text(), "hello\n");
  await container.stop();
});

test("an HTTP wait, environment, labels and limits", async () => {
  const container = await new GenericContainer(IMAGE)
    .withEnvironment({ GREETING: "hi" })
    .withLabels({ by: "test" })
    .withCommand([
      "sh",
      "-c",
      "mkdir /www; echo $GREETING > /www/health; exec httpd -f -p 80 -h /www",
    ])
    .withExposedPorts(80)
    .withResourcesQuota({ memory: 0.1, cpu: 1 })
    .withWaitStrategy(Wait.forHttp("/health", 80).forResponsePredicate((body) => body === "hi\n"))
    .start();
  assert.equal(container.getLabels().by, "test");
  await container.restart();
  assert.match((await container.exec(["cat", "/www/health"])).output, /hi/);
  await container.stop();
});

test("a line of the log is waited for, and logs go on", async () => {
  const container = await new GenericContainer(IMAGE)
    .withCommand(["sh", "-c", "for n in 1 2 3; do echo line $n; sleep 0.1; done; exec sleep 1000"])
    .withWaitStrategy(Wait.forLogMessage(/line 3/))
    .start();
  const lines = [];
  for await (const chunk of await container.logs()) {
    lines.push(String(chunk).trim());
    if (lines.join("\n").includes("line 3")) break;
  }
  assert.equal(lines.join("\n"), "line 1\nline 2\nline 3");
  await container.stop();
});

test("a command that succeeds is waited for", async () => {
  const container = await new GenericContainer(IMAGE)
    .withCommand(["sh", "-c", "sleep 0.2; touch /ready; exec sleep 1000"])
    .withWaitStrategy(Wait.forSuccessfulCommand("test -e /ready"))
    .start();
  await container.stop();
});

test("a program that ends at once is waited for, and one that fails is told", async () => {
  const waiting = Wait.forOneShotStartup();
  const make = (command) =>
    new GenericContainer(IMAGE).withCommand(command).withWaitStrategy(waiting);
  await (await make(["true"]).start()).stop();
  await assert.rejects(make(["false"]).withStartupTimeout(60_000).start(), /failed to start/);
});

test("exec has streams apart, an exit code, a user and a directory", async () => {
  const container = await new GenericContainer(IMAGE).withCommand(["sleep", "1000"]).start();
  const { exitCode, stdout, stderr, output } = await container.exec(
    ["sh", "-c", "id -u; pwd; echo $A; echo bad >&2; exit 5"],
    { user: "65534", workingDir: "/tmp", env: { A: "b" } },
  );
  assert.deepEqual([exitCode, stdout, stderr], [5, "65534\n/tmp\nb\n", "bad\n"]);
  assert.ok(output.includes("bad"));
  await container.stop();
});

test("content and archives are copied in before the start, while it runs, and out", async () => {
  const container = await new GenericContainer(IMAGE)
    .withCopyContentToContainer([{ content: "before", target: "/etc/made/before", mode: 0o600 }])
    .withCommand(["sleep", "1000"])
    .start();
  await container.copyContentToContainer([{ content: "while", target: "/etc/made/while" }]);
  const { stdout } = await container.exec([
    "sh",
    "-c",
    "cd /etc/made; cat before while; stat -c %a before",
  ]);
  assert.equal(stdout, "beforewhile600\n");
  const archive = await container.copyArchiveFromContainer("/etc/made");
  const other = await new GenericContainer(IMAGE).withCommand(["sleep", "1000"]).start();
  await other.copyArchiveToContainer(archive, "/tmp");
  assert.equal((await other.exec(["cat", "/tmp/made/while"])).output, "while");
  await container.stop();
  await other.stop();
});

test("containers on a network find one another by their aliases", async () => {
  const network = await new Network().start();
  const server = await new GenericContainer(IMAGE)
    .withNetwork(network)
    .withNetworkAliases("web", "www")
    .withCommand([
      "sh",
      "-c",
      "mkdir /www; echo found > /www/index.html; exec httpd -f -p 80 -h /www",
    ])
    .start();
  const client = await new GenericContainer(IMAGE)
    .withNetwork(network)
    .withCommand(["sleep", "1000"])
    .start();
  for (const name of ["web", "www"]) {
    assert.equal((await client.exec(["wget", "-qO-", `http://${name}/`])).output, "found\n");
  }
  assert.ok(server.getIpAddress(network.getName()).length > 0);
  await client.stop();
  await server.stop();
  await network.stop();
});

test("tmpfs, binds, users, and a commit of what became of it", async () => {
  const container = await new GenericContainer(IMAGE)
    .withTmpFs({ "/scratch": "rw,size=1m" })
    .withUser("1000:1000")
    .withWorkingDir("/tmp")
    .withCommand(["sleep", "1000"])
    .start();
  const { stdout } = await container.exec([
    "sh",
    "-c",
    "id -u; pwd; df /scratch | tail -1 | cut -d' ' -f1",
  ]);
  assert.equal(stdout, "1000\n/tmp\ntmpfs\n");
  const image = await container.commit({ repo: "made", tag: "1", deleteOnExit: false });
  assert.match(image, /^sha256:/);
  await container.stop();
});
