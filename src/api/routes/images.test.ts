import { describe, expect, test } from "bun:test";
import { startApi } from "../../../test/support/api.ts";

describe("images", () => {
  test("names may have slashes, a port and a tag", async () => {
    await using api = await startApi();
    const target = "/images/busybox/tag?repo=reg.example:5000/a/b&tag=c";
    expect((await api.ask("POST", target)).status).toBe(201);
    for (const name of ["reg.example:5000/a/b:c", "reg.example%3A5000%2Fa%2Fb%3Ac"]) {
      const { json } = await api.ask("GET", `/v1.41/images/${name}/json`);
      expect(json).toMatchObject({ RepoTags: ["reg.example:5000/a/b:c"] });
    }
    expect((await api.ask("DELETE", "/images/reg.example:5000/a/b:c")).json).toEqual([
      { Untagged: "reg.example:5000/a/b:c" },
      { Deleted: `sha256:${"a".repeat(64)}` },
    ] as never);
  });

  test("load tells of an early error by its status, of a late one in the stream", async () => {
    await using api = await startApi();
    const early = await api.ask("POST", "/images/load", "bad");
    expect([early.status, early.json]).toEqual([400, { message: "Cannot load: not an archive" }]);
    const late = await api.ask("POST", "/images/load", "half");
    expect([late.status, late.text]).toEqual([
      200,
      '{"stream":"Loaded image: busybox:latest\\n"}\r\n{"errorDetail":{"message":"Cannot load: it is cut off"},"error":"Cannot load: it is cut off"}\r\n',
    ]);
  });

  test("import takes its options from the query", async () => {
    await using api = await startApi();
    const target =
      "/images/create?fromSrc=-&repo=a/b&tag=c&message=m&changes=CMD+x&changes=ENV+A=1&platform=linux/arm64";
    const { text } = await api.ask("POST", target, "tar");
    expect(text).toBe(`{"status":"sha256:${"c".repeat(64)}"}\r\n`);
    expect(api.engine.images.imports).toEqual([
      { target: "a/b:c", message: "m", changes: ["CMD x", "ENV A=1"], platform: "linux/arm64" },
    ]);
  });

  test("save takes one name or several", async () => {
    await using api = await startApi();
    const one = await api.ask("GET", "/images/busybox:latest/get");
    expect([one.headers.get("Content-Type"), one.text]).toEqual([
      "application/x-tar",
      "archive of busybox:latest",
    ]);
    const two = await api.ask("GET", "/images/get?names=busybox&names=busybox:latest");
    expect(two.text).toBe("archive of busybox and busybox:latest");
    expect((await api.ask("GET", "/images/get")).status).toBe(400);
    expect((await api.ask("GET", "/images/none/get")).status).toBe(404);
  });
});
