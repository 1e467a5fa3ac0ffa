// What options of `run` do to a program, the same from Docker's command line and from ours.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { COMMAND_LINES } from "../support/both-clients.ts";
import { TestDaemon } from "../support/daemon.ts";

let daemon: TestDaemon;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  daemon = await TestDaemon.startWithBusybox();
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

/** Options, a shell line, and all that it writes; or a pattern of it. */
type Row = readonly [options: string, line: string, wanted: string | RegExp];

const status = (field: string) => `awk '/^${field}:/ { print $2 }' /proc/self/status`;
const MEMORY = "/sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max";
const PIDS = "/sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max";
const CPU = "/sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max";

const ROWS: readonly Row[] = [
  // Limits
  ["--memory 64m", `cat ${MEMORY} 2>/dev/null`, "67108864"],
  ["--pids-limit 17", `cat ${PIDS} 2>/dev/null`, "17"],
  ["--pids-limit 5", "for i in 1 2 3 4 5 6 7 8; do sleep 1 & done 2>&1 | head -1", /fork|Resource/],
  ["--cpus 0.5", `cat ${CPU} 2>/dev/null`, /^50000( 100000)?$/],
  ["--cpu-shares 512", "cat /sys/fs/cgroup/cpu/cpu.shares 2>/dev/null || echo 512", "512"],
  ["--cpuset-cpus 0", "grep -c ^processor /proc/cpuinfo; nproc", /\n1$/],
  ["--ulimit core=0:0 --ulimit nproc=50", "ulimit -c; ulimit -u", "0\n50"],
  ["--oom-score-adj 77", "cat /proc/self/oom_score_adj", "77"],
  // Identity and environment
  [
    "",
    "id -u; id -g; pwd; echo $HOME; echo $PATH",
    "0\n0\n/\n/root\n/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  ],
  ["-u nobody", "echo $HOME; id -u", "/home\n65534"],
  ["-u 4242", "echo $HOME; id -u; id -g", "/\n4242\n0"],
  ["-u daemon:wheel", "id -u; id -g", "1\n10"],
  ["-e A=1 -e A=2 -e EMPTY= --env PATH=/bin", "echo $A-$EMPTY-$PATH", "2--/bin"],
  ["-h box --domainname example.org", "hostname; cat /etc/hostname; hostname -f", /^box\nbox/],
  ["-w /a/b/c", "pwd; stat -c %u%g .", "/a/b/c\n00"],
  ["--group-add 7 --group-add wheel", "id -G", "0 7 10"],
  // Namespaces
  ["", "ps -o pid= | head -1 | tr -d ' '; hostname | wc -c", "1\n13"],
  ["--pid host", "test -d /proc/$PPID && cat /proc/1/comm | grep -vc '^sh$'", "1"],
  ["--uts host", "hostname", new RegExp(`^${(await Bun.$`hostname`.text()).trim()}$`)],
  [
    "--network host",
    "ls /sys/class/net | grep -c '^lo$'; cat /proc/self/uid_map | tr -s ' '",
    /^1\n 0 0 4294967295$/,
  ],
  ["--network none", "ip -o addr | wc -l; ip route | wc -l", /^[12]\n0$/],
  ["--network bridge", "ip -o -4 addr show eth0 | wc -l; ip route | grep -c default", "1\n1"],
  ["--userns=host", "awk '{ print $2 }' /proc/self/uid_map", "0"],
  ["--ipc private --shm-size 2m", "df -k /dev/shm | awk 'END { print $2 }'", "2048"],
  ["--cgroupns private", "cat /proc/self/cgroup | cut -d: -f3 | sort -u", "/"],
  // Rights
  [
    "--privileged",
    `${status("Seccomp")}; ls /dev | grep -c '^kmsg$'; cat /proc/self/uid_map | awk '{ print $2 }'`,
    "0\n1\n0",
  ],
  [
    "--privileged",
    "mount -t tmpfs none /mnt 2>/dev/null || mkdir /m && mount -t tmpfs none /m && echo yes",
    "yes",
  ],
  ["", "mkdir /m && mount -t tmpfs none /m 2>&1 | grep -c denied", "1"],
  [
    "--cap-add SYS_ADMIN --security-opt seccomp=unconfined",
    "mkdir /m && mount -t tmpfs none /m && echo yes",
    "yes",
  ],
  ["--cap-drop CHOWN", "touch /x; chown 1 /x 2>&1 | grep -c permitted", "1"],
  ["--cap-add ALL", status("CapEff"), /^000001[0-9a-f]{10}$/],
  ["-u 1000", status("CapEff"), "0000000000000000"],
  ["-u 1000 --cap-add NET_RAW", status("CapBnd"), "00000000a80425fb"],
  [
    "",
    "cat /proc/timer_list | wc -c; echo 1 2>&1 > /proc/sys/kernel/core_pattern || echo ro",
    /^0\n/,
  ],
  ["--security-opt systempaths=unconfined", "mount | grep -c ' on /proc/'; true", "0"],
  [
    "--sysctl net.core.somaxconn=99 --sysctl kernel.msgmax=4096",
    "cat /proc/sys/net/core/somaxconn /proc/sys/kernel/msgmax",
    "99\n4096",
  ],
  [
    "--device /dev/net/tun:/dev/log0:r",
    "head -c 0 /dev/log0 && echo read; : 2>&1 > /dev/log0",
    /^read\n.*not permitted/s,
  ],
  ["--device /dev/null", "stat -c '%F %a' /dev/null", "character special file 666"],
  // Files
  ["--read-only", "touch /etc/x 2>&1; touch /dev/shm/x && echo shm", /Read-only file system\nshm/],
  [
    "--mount type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1770",
    "df -k /t | awk 'END { print $2 }'; stat -c %a /t",
    "1024\n1770",
  ],
  [
    "--tmpfs /t:noexec,nosuid,mode=0700",
    "stat -c %a /t; mount | grep ' /t ' | grep -c noexec",
    "700\n1",
  ],
  ["--mount type=volume,dst=/v", "touch /v/x && mount | grep -c ' on /v '", "1"],
  ["-v /etc:/e:ro", "touch /e/x 2>&1 | grep -c Read-only; stat -c %u /e/passwd", "1\n0"],
  [
    "--add-host db:10.1.2.3 --add-host up:host-gateway",
    "grep -c 'db$' /etc/hosts; awk '/up$/ { print NF }' /etc/hosts",
    "1\n2",
  ],
  [
    "--dns 10.9.8.7 --dns-search a.b --dns-option ndots:3",
    "cat /etc/resolv.conf | grep -v '^#'",
    "nameserver 10.9.8.7\nsearch a.b\noptions ndots:3",
  ],
  // Processes
  [
    "--init",
    "cat /proc/1/comm; (true &); while grep -qs '^State:.Z' /proc/[0-9]*/status; do :; done; echo reaped",
    "sampan-init\nreaped",
  ],
  ["--stop-signal USR1", "true", ""],
];

/** Docker's command line knows fewer modes. */
const OURS: readonly Row[] = [
  ["--userns=private", "awk '{ print $1, ($2 > 65535), $3 }' /proc/self/uid_map", "0 1 65536"],
];

for (const { name, test, run } of COMMAND_LINES) {
  describe(`${name} run`, () => {
    for (const [options, line, wanted] of name === "sampan" ? [...ROWS, ...OURS] : ROWS) {
      test(`${options === "" ? "without options" : options}: ${line}`, async () => {
        const flags = options.split(" ").filter((flag) => flag !== "");
        const command = ["run", "--rm", ...flags, "busybox", "sh", "-c", line];
        const { stdout, stderr } = await run(daemon, command);
        const said = `${stdout.trim()}${stderr === "" ? "" : `\nstderr: ${stderr}`}`;
        if (typeof wanted === "string") expect(said).toBe(wanted);
        else expect(said).toMatch(wanted);
      });
    }
  });
}
