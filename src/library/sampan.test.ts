import { expect, test } from "bun:test";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { Sampan } from "./sampan.ts";

test("a run that is aborted while its container is made starts nothing, and removes it", async () => {
  using directory = new TemporaryDirectory();
  const controller = new AbortController();
  const asked: string[] = [];
  using server = Bun.serve({
    unix: `${directory.path}/s`,
    fetch({ method, url }) {
      const { pathname } = new URL(url);
      if (pathname === "/_ping") return new Response(null, { headers: { "Api-Version": "1.51" } });
      asked.push(`${method} ${pathname}`);
      if (method === "DELETE") return new Response(null, { status: 204 });
      controller.abort();
      return Response.json({ Id: "made" });
    },
  });
  using sampan = new Sampan({ host: `unix://${directory.path}/s` });
  const run = sampan.run("busybox", ["sleep", "1000"], { signal: controller.signal });
  await expect(run).rejects.toThrow("abort");
  expect(asked).toEqual(["POST /v1.51/containers/create", "DELETE /v1.51/containers/made"]);
  expect(server.pendingRequests).toBe(0);
});
