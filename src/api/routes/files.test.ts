import { expect, test } from "bun:test";
import { gunzipSync, inflateRawSync } from "node:zlib";
import { startApiWithContainer } from "../../../test/support/api.ts";

const STAT =
  "eyJuYW1lIjoibGluayIsInNpemUiOjQsIm1vZGUiOjEzNDIxODIzOSwibXRpbWUiOiIxOTcwLTAxLTAxVDAwOjAwOjAxLjAwMDAwMDAwMVoiLCJsaW5rVGFyZ2V0IjoiL3RhcmdldCJ9";

test("an archive comes with a header that says of what", async () => {
  await using api = await startApiWithContainer();
  const head = await api.ask("HEAD", "/containers/web/archive?path=/link");
  expect([head.status, head.text]).toEqual([200, ""]);
  expect(head.headers.get("x-docker-container-path-stat")).toBe(STAT);
  const got = await fetch("http://d/containers/web/archive?path=/link", {
    unix: api.path,
    headers: { "accept-encoding": "identity" },
  });
  expect(got.headers.get("content-type")).toBe("application/x-tar");
  expect(got.headers.get("x-docker-container-path-stat")).toBe(STAT);
  expect(await got.text()).toBe("archive of /link");
});

test.each([
  ["gzip", gunzipSync],
  ["deflate", inflateRawSync],
] as const)("it is compressed with %s for who asks so", async (encoding, unpack) => {
  await using api = await startApiWithContainer();
  const got = await fetch("http://d/containers/web/archive?path=/x", {
    unix: api.path,
    decompress: false,
    headers: { "accept-encoding": encoding },
  });
  expect(got.headers.get("content-encoding")).toBe(encoding);
  expect(unpack(Buffer.from(await got.arrayBuffer())).toString()).toBe("archive of /x");
});

test("a path must be said, and be there", async () => {
  await using api = await startApiWithContainer();
  for (const method of ["GET", "PUT"]) {
    const empty = await api.ask(method, "/containers/web/archive");
    expect([empty.status, empty.json["message"]]).toEqual([
      400,
      "bad parameter: pathcannot be empty",
    ]);
  }
  const missing = await api.ask("GET", "/containers/web/archive?path=/nope");
  expect([missing.status, missing.json["message"]]).toEqual([
    404,
    "Could not find the file /nope in container web",
  ]);
});

test("an archive goes in with what was asked for", async () => {
  await using api = await startApiWithContainer();
  const put = (query: string) =>
    fetch(`http://d/containers/web/archive?${query}`, {
      unix: api.path,
      method: "PUT",
      body: "tar",
    });
  expect((await put("path=/a&noOverwriteDirNonDir=1&copyUIDGID=true")).status).toBe(200);
  await put("path=/b&noOverwriteDirNonDir=false");
  expect(api.engine.calls).toEqual([
    ["write", "web", { path: "/a", keepsKinds: true, takesUser: true }, "tar"],
    ["write", "web", { path: "/b", keepsKinds: false, takesUser: false }, "tar"],
  ]);
});

test("changes have Docker's numbers, and none are null", async () => {
  await using api = await startApiWithContainer();
  const { text } = await api.ask("GET", "/containers/web/changes");
  expect(JSON.parse(text)).toEqual([
    { Path: "/etc", Kind: 0 },
    { Path: "/etc/new", Kind: 1 },
    { Path: "/etc/old", Kind: 2 },
  ]);
  expect((await api.ask("GET", "/containers/same/changes")).text).toBe("null\n");
  expect((await api.ask("GET", "/containers/web/export")).text).toBe("all of it");
});

test("a commit takes what is to be other from the body, and the rest from the query", async () => {
  await using api = await startApiWithContainer();
  const answer = await api.ask(
    "POST",
    "/commit?container=web&repo=r&tag=t&comment=c&author=a&changes=CMD%20x%0AUSER%20y&changes=ENV%20a=b&pause=0",
    { Env: ["A=b"], Cmd: ["run"], ExposedPorts: { "80/tcp": {} }, Labels: { l: "m" } },
  );
  expect(answer.status).toBe(201);
  expect(answer.json).toEqual({ Id: `sha256:${"c".repeat(64)}` });
  await api.ask("POST", "/commit?container=web");
  expect(api.engine.calls).toEqual([
    [
      "commit",
      "web",
      {
        target: "r:t",
        comment: "c",
        author: "a",
        changes: ["CMD x", "USER y", "ENV a=b"],
        pause: false,
        config: {
          user: "",
          exposedPorts: ["80/tcp"],
          env: ["A=b"],
          volumes: [],
          workingDir: "",
          labels: { l: "m" },
          stopSignal: "",
          command: ["run"],
        },
      },
    ],
    ["commit", "web", { target: "", comment: "", author: "", changes: [], pause: true }],
  ]);
});
