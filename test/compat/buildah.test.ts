// Images that buildah makes, in both forms, through a registry.

import { expect } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { TestDaemon } from "../support/daemon.ts";
import { shell } from "../support/layer-ground.ts";
import { TestRegistry } from "../support/registry.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";
import { testIf } from "../support/test-if.ts";

const isHere = process.getuid?.() === 0 && Bun.which("buildah") !== null;
const test = testIf(isHere, "no buildah, or not root");

const TREE = `
  mkdir -p tree/bin tree/etc && printf hi > tree/etc/motd && chown 7:8 tree/etc/motd
  cp /bin/true tree/bin/tool && chmod 4755 tree/bin/tool
  ln -s motd tree/etc/link && ln tree/etc/motd tree/etc/hard`;

const LOOK = "find . -mindepth 1 -printf '%P %y %#m %U:%G %n %l\\n' | LC_ALL=C sort";

for (const form of ["oci", "docker"]) {
  test(`an image of buildah's in the form of ${form} has buildah's files and configuration`, async () => {
    await using registry = await TestRegistry.start();
    await using daemon = await TestDaemon.start();
    using work = new TemporaryDirectory();
    const name = `${registry.host}/made:1`;
    const expected = shell(
      `${TREE}
       b() { buildah --root root --runroot run --storage-driver vfs "$@"; }
       c=$(b from scratch) && b add -q --chown 7:8 $c tree/etc /etc >/dev/null
       b add -q $c tree/bin /bin >/dev/null
       b config --cmd '["/bin/tool","x"]' --env A=b --label l=1 --port 80 --user 7 $c
       b commit -q --format ${form} $c made >/dev/null
       b push -q --tls-verify=false made docker://${name}
       cd $(b mount $c) && ${LOOK}`,
      work.path,
    );

    const pulled = await daemon.docker(["pull", "--quiet", name]);
    expect(pulled).toEqual({ status: 0, stdout: `${name}\n`, stderr: "" });
    const format = "{{json .Config.Cmd}} {{.Config.Env}} {{.Config.Labels.l}} {{.Config.User}}";
    const inspected = await daemon.docker(["image", "inspect", "--format", format, name]);
    expect(inspected.stdout).toBe('["/bin/tool","x"] [A=b] 1 7\n');
    const layers = readdirSync(join(daemon.dataRoot, "layers")).filter((key) => key !== "0");
    expect(layers).toHaveLength(1);
    expect(shell(LOOK, join(daemon.dataRoot, "layers", layers[0] ?? "", "diff"))).toBe(expected);
  });
}
