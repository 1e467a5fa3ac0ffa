import { describe, expect, test } from "bun:test";
import type { ContainerSummary, ImageSummary } from "../../client/wire.ts";
import { align } from "./align.ts";
import { containerFormat, toContainerRow } from "./container-row.ts";
import { toImageRows } from "./image-row.ts";
import { formatPlan } from "./plan-lines.ts";
import { formatRows } from "./print-rows.ts";

const CONTAINER: ContainerSummary = {
  Id: "ab".repeat(32),
  Names: ["/web", "/other/alias"],
  Image: "docker.io/library/busybox",
  ImageID: `sha256:${"cd".repeat(32)}`,
  Command: "sh -c 'a very long command line'",
  Created: 1_000_000_000,
  State: "running",
  Status: "Up 2 minutes",
  Labels: { b: "2", a: "1" },
  SizeRw: 5,
  SizeRootFs: 1_981_760,
  NetworkSettings: { Networks: { bridge: {} } },
  Mounts: [{ Name: "data", Source: "", Driver: "local" }],
};

describe("a container's row", () => {
  const format = containerFormat({ size: true });

  test("is cut where ps is not told otherwise", () => {
    expect(toContainerRow(CONTAINER, true)).toMatchObject({
      ID: "abababababab",
      Names: "web",
      Image: "busybox",
      Command: '"sh -c \'a very long …"',
      Size: "5B (virtual 1.98MB)",
      Labels: "b=2,a=1",
      LocalVolumes: "1",
      Networks: "bridge",
    });
  });

  test("is whole with --no-trunc", () => {
    expect(toContainerRow(CONTAINER, false)).toMatchObject({
      ID: CONTAINER.Id,
      Names: "web,other/alias",
      Image: CONTAINER.Image,
      Command: "\"sh -c 'a very long command line'\"",
    });
  });

  test.each([
    ["{{.Names}}", "web\n"],
    ['{{.Label "a"}}', "1\n"],
    ["table {{.Names}}\\t{{.State}}", "NAMES     STATE\nweb       running\n"],
    ['table {{.Label "com.x.my-role"}}', "my role\n\n"],
  ])("is shown by the template %s", async (written, text) => {
    expect(await formatRows([toContainerRow(CONTAINER, true)], format, written)).toBe(text);
  });

  test("is JSON with its fields by name", async () => {
    const text = await formatRows([toContainerRow(CONTAINER, true)], format, "json");
    expect(Object.keys(JSON.parse(text)).slice(0, 3)).toEqual(["Command", "CreatedAt", "ID"]);
  });

  test("a field that is not there is the user's mistake", async () => {
    const rows = [toContainerRow(CONTAINER, true)];
    await expect(formatRows(rows, format, "{{.Bogus}}")).rejects.toThrow(
      "failed to execute template",
    );
    await expect(formatRows(rows, format, "{{.ID}")).rejects.toThrow("failed to parse template");
  });
});

describe("an image's rows", () => {
  const image: ImageSummary = {
    Id: "sha256:ab",
    Created: 5,
    Size: 7,
    RepoTags: ["a:1", "x:5/b:2"],
  };
  const names = (part: Partial<ImageSummary>, digests = false) =>
    toImageRows({ ...image, ...part }, { truncate: true, digests }).map(
      ({ Repository, Tag, Digest }) => `${Repository} ${Tag} ${Digest}`,
    );

  test("are one for each tag; a registry's port is no tag", () => {
    expect(names({})).toEqual(["a 1 <none>", "x:5/b 2 <none>"]);
  });

  test("show digests beside the tags of their repository, and alone without one", () => {
    const RepoDigests = ["a@sha256:1", "c@sha256:2"];
    expect(names({ RepoTags: ["a:1"], RepoDigests }, true)).toEqual([
      "a 1 sha256:1",
      "c <none> sha256:2",
    ]);
  });

  test("are one without a name for an image that has none", () => {
    expect(names({ RepoTags: null })).toEqual(["<none> <none> <none>"]);
    expect(names({ RepoTags: ["<none>:<none>"] })).toEqual(["<none> <none> <none>"]);
  });
});

test("align() sets columns under each other and leaves the last as it is", () => {
  expect(align(["A\tB\tC", "a longer cell\té\tx y"])).toBe(
    "A               B         C\na longer cell   é         x y\n",
  );
});

test("align() starts a column anew after a line that has none", () => {
  expect(align(["a\tb", "alone", "a very long one\tb"])).toBe(
    "a         b\nalone\na very long one   b\n",
  );
});

test("formatPlan() shows times, ids and the step that failed where they are known", () => {
  const text = formatPlan({
    phases: [{ name: "clone", what: "start it", tookNs: 1_234_567 }],
    steps: [
      { index: 0, op: "mount", what: "mount a proc", why: "default", tookNs: 812 },
      { index: 1, op: "exec", what: "become nosuch", why: "the command" },
    ],
    pids: { outside: 77, inside: 1 },
    namespaces: { pid: 4026531836 },
    failed: { step: 1, error: "ENOENT" },
  });
  expect(text).toContain("  clone     1.23 ms   start it\n");
  expect(text).toMatch(/^ {2}0 {9}mount {5}812 ns {4}mount a proc +default$/m);
  expect(text).toMatch(/^ {2}1 ! {7}exec {16}become nosuch +the command$/m);
  expect(text).toContain("1 inside, 77 on the host");
  expect(text).toContain("pid:[4026531836]");
  expect(text).toContain("step 1: ENOENT");
});
