import { expect } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MAPPINGS } from "../../test/support/container-spec.ts";
import { shell } from "../../test/support/layer-ground.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { testAsRoot } from "../../test/support/test-if.ts";
import { OPEN } from "../linux/beneath.ts";
import { type Descriptor, openFile } from "../linux/fd.ts";
import { statAt } from "../linux/statx.ts";
import { bindKind, expectedBindKind, makeBind, takesIdMap } from "./bind-mount.ts";
import { UserNamespaceProbe } from "./user-namespace-probe.ts";

const INIT = join(import.meta.dir, "../../build/sampan-init");

// The probe's namespace starts there.
const FIRST_HOST_ID = 100_000;

function bind(source: string, options: readonly string[] = ["rbind"]) {
  return { type: "bind", source, destination: "/in", options };
}

testAsRoot(
  "bindKind() tells files from directories, through links, and names what is missing",
  () => {
    using directory = new TemporaryDirectory();
    const at = (name: string) => join(directory.path, name);
    shell("mkdir d; : > f; ln -s d ld; ln -s f lf; mkfifo p", directory.path);

    expect(["d", "ld", "f", "lf", "p"].map((name) => bindKind(bind(at(name))))).toEqual([
      ...(["directory", "directory", "file", "file", "file"] as const),
    ]);
    expect(() => bindKind(bind(at("none")))).toThrow(
      `invalid mount config for type "bind": bind source path does not exist: ${at("none")}`,
    );
  },
);

testAsRoot(
  "expectedBindKind() takes what is missing for a directory, but for the name files",
  () => {
    expect(expectedBindKind(bind("/no/where"))).toBe("directory");
    expect(expectedBindKind({ ...bind("/no/where"), destination: "/etc/hosts" })).toBe("file");
    expect(expectedBindKind(bind("/proc/version"))).toBe("file");
  },
);

testAsRoot("makeBind() shows what is there, as read-only as it is asked to be", () => {
  using directory = new TemporaryDirectory();
  writeFileSync(join(directory.path, "f"), "content");
  using writable = makeBind(bind(directory.path), undefined);
  using readonly = makeBind(bind(directory.path, ["rbind", "ro"]), undefined);
  writeFileSync(inside(writable, "made"), "");

  expect(readFileSync(inside(readonly, "f"), "utf8")).toBe("content");
  expect(readFileSync(inside(readonly, "made"), "utf8")).toBe("");
  expect(() => writeFileSync(inside(readonly, "f"), "")).toThrow("EROFS");
});

testAsRoot(
  "makeBind() takes what is mounted below along by rbind only, and read-only by rro only",
  () => {
    using directory = new TemporaryDirectory();
    mkdirSync(join(directory.path, "below"));
    shell("mount -t tmpfs inner below && echo mounted > below/f", directory.path);
    try {
      using plain = makeBind(bind(directory.path, ["bind"]), undefined);
      using recursive = makeBind(bind(directory.path, ["rbind", "ro"]), undefined);
      using sealed = makeBind(bind(directory.path, ["rbind", "rro"]), undefined);

      expect(() => readFileSync(inside(plain, "below/f"))).toThrow("ENOENT");
      expect(readFileSync(inside(recursive, "below/f"), "utf8")).toBe("mounted\n");
      writeFileSync(inside(recursive, "below/g"), "");
      expect(() => writeFileSync(inside(sealed, "below/h"), "")).toThrow("EROFS");
    } finally {
      shell("umount below", directory.path);
    }
  },
);

testAsRoot("makeBind() shows the host's ids as the container's, and writes them back", () => {
  using directory = new TemporaryDirectory();
  shell(": > root; : > user; chown 1000:1001 user", directory.path);
  const namespace = new UserNamespaceProbe(INIT).namespace();
  const mount = { ...bind(directory.path), uidMappings: MAPPINGS, gidMappings: MAPPINGS };
  using mapped = makeBind(mount, namespace);
  using unmapped = makeBind(bind(directory.path), namespace);
  namespace[Symbol.dispose]();
  const ownerIn = (tree: Descriptor, name: string) => {
    using file = openFile(inside(tree, name), OPEN.PATH);
    const { uid, gid } = statAt(file.number, "");
    return [uid, gid];
  };

  expect(ownerIn(mapped, "root")).toEqual([FIRST_HOST_ID, FIRST_HOST_ID]);
  expect(ownerIn(mapped, "user")).toEqual([FIRST_HOST_ID + 1000, FIRST_HOST_ID + 1001]);
  expect(ownerIn(unmapped, "user")).toEqual([1000, 1001]);
});

testAsRoot("what takes no mapping is known beforehand, and refused by name", () => {
  using directory = new TemporaryDirectory();
  const namespace = new UserNamespaceProbe(INIT).namespace();
  const mount = { ...bind("/proc"), uidMappings: MAPPINGS, gidMappings: MAPPINGS };

  expect(takesIdMap(directory.path, namespace)).toBe(true);
  expect(takesIdMap("/proc", namespace)).toBe(false);
  expect(() => makeBind(mount, namespace)).toThrow(
    /"\/proc" on "\/in".*takes no id mapping; use --userns=host/,
  );
  namespace[Symbol.dispose]();
});

testAsRoot("makeBind() of what is gone says so as bindKind() does", () => {
  expect(() => makeBind(bind("/no/where"), undefined)).toThrow("bind source path does not exist");
});

testAsRoot("a bind is private, whatever the host's mount is", () => {
  using directory = new TemporaryDirectory();
  shell(
    "mkdir source; mount -t tmpfs -o mode=755 outer source; mount --make-shared source; mkdir source/below",
    directory.path,
  );
  try {
    using tree = makeBind(bind(join(directory.path, "source")), undefined);
    shell("mount -t tmpfs inner source/below; : > source/below/new", directory.path);
    expect(() => readFileSync(inside(tree, "below/new"))).toThrow("ENOENT");
  } finally {
    shell("umount -R source", directory.path);
  }
});

function inside(tree: Descriptor, name: string): string {
  return `${tree.path}/${name}`;
}
