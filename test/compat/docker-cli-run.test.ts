// Docker's own command line against our daemon: what `run` promises.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canRunDocker, DockerUser } from "../support/docker-user.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";
import { testIf } from "../support/test-if.ts";

const test = testIf(canRunDocker, "no docker CLI, or not root");

let user: DockerUser;

beforeAll(async () => {
  if (canRunDocker) user = await DockerUser.start();
});
afterAll(async () => {
  await user?.[Symbol.asyncDispose]();
});

const docker: DockerUser["type"] = (...args) => user.type(...args);

describe("docker run", () => {
  test("shows what the program writes to each stream", async () => {
    const args = ["run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2"];
    expect(await user.docker(args)).toEqual({ status: 0, stdout: "out\n", stderr: "err\n" });
  });

  test("ends with the program's exit code", async () => {
    for (const code of [0, 1, 7, 125, 126, 127, 255]) {
      const { status } = await user.docker(["run", "--rm", "busybox", "sh", "-c", `exit ${code}`]);
      expect(status).toBe(code);
    }
  });

  test("ends with 128 and the signal for a killed program", async () => {
    const { status } = await user.docker(["run", "--rm", "busybox", "sh", "-c", "kill -KILL $$"]);
    // PID 1 cannot kill itself in its own namespace: it goes on, as it does with Docker.
    expect(status).toBe(0);
    const id = (await docker("run -d busybox sleep 100")).stdout.trim();
    await docker(`kill ${id}`);
    expect((await docker(`wait ${id}`)).stdout).toBe("137\n");
  });

  test("ends with 127 for a program that is not there, and says which", async () => {
    const { status, stderr } = await docker("run --rm busybox nosuch");
    expect(status).toBe(127);
    expect(stderr).toContain("nosuch");
  });

  test("ends with 126 for a program that may not be run", async () => {
    const { status, stderr } = await docker("run --rm busybox /etc/passwd");
    expect(status).toBe(126);
    expect(stderr.toLowerCase()).toContain("permission denied");
  });

  test("passes stdin on, byte for byte, and its end", async () => {
    const bytes = new Uint8Array(1_000_000).map((_, index) => (index * 7) % 251);
    const { stdout } = await docker("run -i --rm busybox sha256sum", { stdin: bytes });
    expect(stdout).toContain(new Bun.CryptoHasher("sha256").update(bytes).digest("hex"));
  });

  test("-t gives the program a terminal", async () => {
    expect(await user.runShell("-t", "test -t 0 && test -t 1 && tty")).toContain("/dev/pts/");
  });

  test("-d prints the id, and the container goes on", async () => {
    const { stdout } = await docker("run -d --name runs busybox sleep 100");
    expect(stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect((await docker("inspect --format {{.State.Running}} runs")).stdout).toBe("true\n");
    expect((await docker("rm -f runs")).stdout).toBe("runs\n");
  });

  test("refuses a name that is in use, with Docker's words", async () => {
    await docker("create --name taken busybox true");
    const { status, stderr } = await docker("run --name taken busybox true");
    expect(status).toBe(125);
    expect(stderr).toContain(
      'Conflict. The container name "/taken" is already in use by container',
    );
    await docker("rm taken");
  });
});

describe("an option of docker run reaches the program", () => {
  const rows: readonly (readonly [options: string, line: string, wanted: string])[] = [
    ["-e A=1 -e B=2", "echo $A$B", "12"],
    ["-w /var/new", "pwd", "/var/new"],
    ["-u 12:34", "id -u; id -g", "12\n34"],
    ["-u daemon", "id -un", "daemon"],
    ["--group-add wheel", "id -Gn", "root wheel"],
    ["--hostname box", "hostname", "box"],
    ["--network none", "ls /sys/class/net", "lo"],
    ["--read-only", "touch /x 2>&1 | grep -c Read-only", "1"],
    ["--read-only --tmpfs /t", "touch /t/x && echo yes", "yes"],
    ["--tmpfs /t:size=64k", "df -k /t | awk 'END { print $2 }'", "64"],
    ["--shm-size 1m", "df -k /dev/shm | awk 'END { print $2 }'", "1024"],
    ["--cap-drop ALL", "awk '/CapEff/ { print $2 }' /proc/self/status", "0000000000000000"],
    [
      "--cap-drop ALL --cap-add CHOWN",
      "awk '/CapEff/ { print $2 }' /proc/self/status",
      "0000000000000001",
    ],
    ["", "awk '/CapEff/ { print $2 }' /proc/self/status", "00000000a80425fb"],
    ["", "awk '/^Seccomp:/ { print $2 }' /proc/self/status", "2"],
    ["--security-opt seccomp=unconfined", "awk '/^Seccomp:/ { print $2 }' /proc/self/status", "0"],
    ["--security-opt no-new-privileges", "awk '/NoNewPrivs/ { print $2 }' /proc/self/status", "1"],
    ["--ulimit nofile=100:200", "ulimit -Sn; ulimit -Hn", "100\n200"],
    ["--sysctl net.ipv4.ip_default_ttl=77", "cat /proc/sys/net/ipv4/ip_default_ttl", "77"],
    ["--add-host db:10.1.2.3", "grep -w db /etc/hosts", "10.1.2.3\tdb"],
    ["--dns 10.9.8.7", "grep nameserver /etc/resolv.conf", "nameserver 10.9.8.7"],
    ["--device /dev/null:/dev/hole", "echo x > /dev/hole && test -c /dev/hole && echo yes", "yes"],
    ["--userns=host", "awk '{ print $1, $2, $3 }' /proc/self/uid_map", "0 0 4294967295"],
    ["--init", "cat /proc/1/comm", "sampan-init"],
    ["", "cat /proc/1/comm; true", "sh"],
    ["", "ls /dev/mem /dev/kmsg 2>&1 | grep -c 'No such'", "2"],
  ];
  for (const [options, line, wanted] of rows) {
    test(`${options === "" ? "none" : options}: ${line}`, async () => {
      expect(await user.runShell(options, line)).toBe(wanted);
    });
  }

  test("-v shows a directory both ways, and ownership reads as root's on both sides", async () => {
    using directory = new TemporaryDirectory();
    const source = join(directory.path, "shared");
    mkdirSync(source);
    writeFileSync(join(source, "given"), "from the host\n");

    const said = await user.runShell(
      `-v ${source}:/data`,
      "cat /data/given; echo back > /data/made; id -u",
    );

    expect(said).toBe("from the host\n0");
    expect(readFileSync(join(source, "made"), "utf8")).toBe("back\n");
    expect(statSync(join(source, "made")).uid).toBe(0);
  });

  test("--mount refuses a source that is not there, with Docker's words", async () => {
    const args = "run --rm --mount type=bind,src=/no/such,dst=/x busybox true";
    const { status, stderr } = await docker(args);
    expect(status).toBe(125);
    expect(stderr).toContain("bind source path does not exist: /no/such");
  });

  test("a named volume outlives its container", async () => {
    await user.runShell("-v keep:/data", "echo kept > /data/file");
    expect(await user.runShell("-v keep:/data", "cat /data/file")).toBe("kept");
  });

  test("--memory ends a program that takes more, and inspect says so", async () => {
    const hog = ["run", "--name", "hog", "--memory", "16m", "--memory-swap", "16m", "busybox"];
    const { status } = await user.docker([...hog, "sh", "-c", "tail /dev/zero"]);
    expect(status).toBe(137);
    expect((await docker("inspect --format {{.State.OOMKilled}} hog")).stdout).toBe("true\n");
    await docker("rm hog");
  });

  test("--entrypoint takes the place of the image's command", async () => {
    expect((await docker("run --rm --entrypoint echo busybox a b")).stdout).toBe("a b\n");
  });

  test("--gpus without a driver is told at the start, as docker tells it", async () => {
    const { status, stderr } = await docker("run --gpus all busybox true");
    expect(status).toBe(125);
    expect(stderr).toContain('could not select device driver "" with capabilities: [[gpu]]');
  });
});
