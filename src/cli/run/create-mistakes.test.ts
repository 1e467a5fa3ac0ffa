import { describe, expect, test } from "bun:test";
import { recordedIo } from "../../../test/support/recorded-io.ts";
import { parseFlags } from "../flags/parse-flags.ts";
import { CONTAINER_FLAGS } from "./container-flags.ts";
import { toCreateBody } from "./create-body.ts";

async function request(args: readonly string[]): Promise<unknown> {
  const { values: flags } = parseFlags(CONTAINER_FLAGS, args);
  return toCreateBody({ flags, detach: false, image: "busybox", command: [] }, recordedIo());
}

describe("a mistake is refused:", () => {
  test.each<[string[], string]>([
    [["--dns", "x"], "IP address is not correctly formatted: x"],
    [["--dns-search", "a_b c"], "a_b c is not a valid domain"],
    [["--add-host", "a"], 'bad format for add-host: "a"'],
    [["--add-host", "a:"], 'invalid IP address in add-host: ""'],
    [["--add-host", "a:b"], 'invalid IP address in add-host: "b"'],
    [["--link", "a:b:c"], "bad format for links: a:b:c"],
    [["--mac-address", "zz"], "zz is not a valid mac address"],
    [["--pid", "foo"], "--pid: invalid PID mode"],
    [["--uts", "x"], "--uts: invalid UTS mode"],
    [["--userns", "x"], "--userns: invalid USER mode"],
    [["--cgroupns", "x"], "--cgroupns: invalid CGROUP mode"],
    [["--restart", ":3"], "invalid restart policy format: no policy provided before colon"],
    [["--restart", "on-failure:x"], "maximum retry count must be an integer"],
    [
      ["--restart", "always", "--rm"],
      "conflicting options: cannot specify both --restart and --rm",
    ],
    [["--log-driver", "none", "--log-opt", "a=b"], "invalid logging opts for driver none"],
    [["--security-opt", "foo"], 'Invalid --security-opt: "foo"'],
    [["--security-opt", "seccomp=/nope"], "opening seccomp profile (/nope) failed"],
    [["--security-opt", "seccomp=/etc/passwd"], "compacting json for seccomp profile"],
    [["--storage-opt", "x"], "invalid storage option"],
    [
      ["--no-healthcheck", "--health-cmd", "x"],
      "--no-healthcheck conflicts with --health-* options",
    ],
    [["--no-healthcheck", "--health-tcp", "80"], "--no-healthcheck conflicts with --health-*"],
    [["--health-tcp", "80", "--health-cmd", "x"], "want one of --health-cmd, --health-tcp and"],
    [["--timeout=-1"], "--timeout cannot be negative"],
    [["--health-start-period=-1s"], "--health-start-period cannot be negative"],
    [["--memory-swappiness", "101"], "Valid memory swappiness range is 0-100"],
    [["--expose", "a:b"], "invalid port format for --expose: a:b"],
    [["--expose", "1-x"], "invalid range format for --expose: 1-x, error: strconv.ParseUint"],
    [["-p", "80:80:80:80"], "invalid IP address: 80:80"],
    [["-p", "80:1-3"], "invalid ranges specified for container and host Ports: 1-3 and 80"],
    [["-p", "80/foo"], "invalid proto: foo"],
    [["-p", "0x50:80"], "invalid hostPort: 0x50"],
    [["-p", "+80:80"], "invalid hostPort: +80"],
    [["-p", "80:82-80"], "invalid containerPort: 82-80"],
    [["-p", "80:70000"], "invalid containerPort: 70000"],
    [["-p", "localhost:80:80"], "invalid IP address: localhost"],
    [["-p", "target"], "invalid containerPort: target"],
    [["-p", "published=8080"], "no port specified: 8080:/tcp<empty>"],
    [["-p", "target=80,mode"], "invalid publish opts format"],
    [["-p", ""], "no port specified: <empty>"],
    [["--device", "a"], "a is not an absolute path"],
    [["--device", "/dev/null:/dev/x:zz"], "bad mode specified: zz"],
    [["--device", "a:b:c:d"], "bad format for path: a:b:c:d"],
    [["--device-cgroup-rule", "x"], "invalid device cgroup format 'x'"],
    [["--sysctl", "kernel.hostname=b"], "sysctl 'kernel.hostname=b' is not allowed"],
    [["-e", "=x"], "invalid environment variable: =x"],
    [["-l", "=x"], "invalid label '=x': empty name"],
    [["--env-file", "/nope"], "open /nope: no such file or directory"],
    [["-a", "foo"], "valid streams are STDIN, STDOUT and STDERR"],
    [["--blkio-weight-device", "/dev/x:5"], "invalid weight for device: /dev/x:5"],
    [["--device-read-bps", "/dev/x:z"], "Unit is optional and can be kb, mb, or gb"],
    [
      ["--ulimit", "nofile=10:5"],
      "ulimit soft limit must be less than or equal to hard limit: 10 > 5",
    ],
    [["--ulimit", "foo=1"], "invalid ulimit type: foo"],
    [["--ulimit", "nofile=1:2:3"], "too many limit value arguments - 1:2:3"],
    [["-v", ""], "invalid empty volume spec"],
    [["-v", "/a::b"], "invalid spec: /a::b: empty section between colons"],
    [["--network", "foo", "--network", "foo"], 'network "foo" is specified multiple times'],
    [
      ["--network", "foo", "--network", "host"],
      "cannot attach both user-defined and non-user-defined",
    ],
    [["--network", "name=foo,x=1"], "invalid field key x"],
    [["--network", "alias=x"], "network name/id is not specified"],
    [["--network", "name=foo,alias"], "invalid field alias"],
    [["--network", "name=foo,link=a:b"], "invalid field key link"],
    [["--network", "name=foo,driver-opt=a"], "invalid key value pair format in driver options"],
    [["--network", "name=foo,gw-priority=x"], "invalid gw-priority (x): invalid syntax"],
    [
      ["--network", "name=foo,gw-priority=99999999999999999999"],
      "invalid gw-priority (99999999999999999999): value out of range",
    ],
    [["--network", "name=foo,mac-address=zz"], "zz is not a valid mac address"],
    [["--mac-address", "92:d0-c6:0a:29:33"], "92:d0-c6:0a:29:33 is not a valid mac address"],
    [["--network", "host", "--network-alias", "x"], "network-scoped aliases are only supported"],
    [
      ["--network", "name=a,alias=b", "--network-alias", "c"],
      "cannot specify both --network-alias and per-network alias",
    ],
    [
      ["--network", "name=a,mac-address=92:d0:c6:0a:29:33", "--mac-address", "92:d0:c6:0a:29:33"],
      "cannot specify both --mac-address and per-network MAC address",
    ],
    [
      ["--network-alias", "x"],
      "network-scoped aliases are only supported for user-defined networks",
    ],
    [
      ["--network", "name=a,ip=1.2.3.4", "--ip", "1.2.3.5"],
      "cannot specify both --ip and per-network",
    ],
    [["--mount", "a"], "invalid field 'a' must be a key=value pair"],
    [["--mount", "type=bind"], "target is required"],
    [
      ["--mount", "type=bind,dst=/y,volume-nocopy"],
      "cannot mix 'volume-*' options with mount type 'bind'",
    ],
    [["--mount", "dst=/y,bogus=1"], "unexpected key 'bogus' in 'bogus=1'"],
    [["--mount", "dst=/y,ro=zz"], "invalid value for ro: zz"],
    [["--mount", "type=tmpfs,dst=/x,tmpfs-mode=9"], "invalid value for tmpfs-mode: 9"],
    [
      ["--mount", "type=bind,src=/x,dst=/y,bind-recursive=writable"],
      "requires 'readonly' to be specified",
    ],
    [
      ["--mount", "type=bind,src=/x,dst=/y,bind-idmap=me"],
      'invalid value for bind-idmap: me (must be "match-user")',
    ],
    [["--gpus", "x"], 'invalid count (x): value must be either "all" or an integer'],
  ])("%p", async (args, message) => {
    await expect(request(args)).rejects.toThrow(message);
  });
});
