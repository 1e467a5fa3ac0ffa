import { expect, test } from "bun:test";
import { takeProxies } from "./proxy-environment.ts";

test.each([
  [{}, {}],
  [
    { HTTP_PROXY: "a", https_proxy: "b", NO_PROXY: "c" },
    { http: "a", https: "b", no: "c" },
  ],
  [{ HTTP_PROXY: "a", http_proxy: "b" }, { http: "a" }],
  [{ HTTP_PROXY: "", http_proxy: "b" }, { http: "b" }],
])("the environment %j names the proxies %j", (environment, wanted) => {
  const rest: Record<string, string | undefined> = { ...environment, PATH: "/bin" };
  expect(takeProxies(rest)).toEqual(wanted);
  expect(rest).toEqual({ PATH: "/bin" });
});

test("what was taken out of the environment does not decide over requests any more", async () => {
  await using server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => new Response("direct"),
  });
  const url = `http://127.0.0.1:${server.port}/`;
  const before = { ...process.env };
  try {
    takeProxies(process.env);
    process.env["HTTP_PROXY"] = "http://127.0.0.1:1";
    await expect(fetch(url)).rejects.toThrow("ECONNREFUSED");
    expect(takeProxies(process.env)).toEqual({ http: "http://127.0.0.1:1" });
    expect(await (await fetch(url)).text()).toBe("direct");
  } finally {
    Object.assign(process.env, before);
  }
});
