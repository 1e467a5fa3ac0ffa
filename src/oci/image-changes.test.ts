import { expect, test } from "bun:test";
import { EMPTY_RUNTIME_CONFIG } from "./image.ts";
import { applyChanges } from "./image-changes.ts";

const base = { ...EMPTY_RUNTIME_CONFIG, env: ["HOME=/root", "EMPTY="] };

test.each<[string, object]>([
  ['CMD ["a","b c"]', { command: ["a", "b c"] }],
  ["CMD echo $HOME", { command: ["/bin/sh", "-c", "echo $HOME"] }],
  ["cmd [ -f x ] && y", { command: ["/bin/sh", "-c", "[ -f x ] && y"] }],
  ["ENTRYPOINT []", { entrypoint: [] }],
  [
    "ENV A=1 B=\"two words\" C='$HOME' D=$HOME/x",
    { env: [...base.env, "A=1", "B=two words", "C=$HOME", "D=/root/x"] },
  ],
  ["ENV A all of it", { env: [...base.env, "A=all of it"] }],
  ["ENV HOME=/home", { env: ["EMPTY=", "HOME=/home"] }],
  [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a Dockerfile has it so.
    "ENV A=a\\ b B=${HOME} C=${NO:-x$HOME} D=${HOME:+set} E=${EMPTY:+set}",
    { env: [...base.env, "A=a b", "B=/root", "C=x/root", "D=set", "E="] },
  ],
  ['ENV A="a\\"b\\\\c\\d" B=$ C=a=b', { env: [...base.env, 'A=a"b\\c\\d', "B=$", "C=a=b"] }],
  [
    "EXPOSE 80 53/UDP 8000-8002",
    { exposedPorts: ["53/udp", "80/tcp", "8000/tcp", "8001/tcp", "8002/tcp"] },
  ],
  ['LABEL a=1 b.c="x y"', { labels: { a: "1", "b.c": "x y" } }],
  ["ONBUILD RUN make", { onBuild: ["RUN make"] }],
  ["STOPSIGNAL SIGINT", { stopSignal: "SIGINT" }],
  ["USER 1:2", { user: "1:2" }],
  ['VOLUME ["/a b", "/c"]', { volumes: ["/a b", "/c"] }],
  ["VOLUME /a $HOME", { volumes: ["/a", "/root"] }],
  ["WORKDIR /a/../b/", { workingDir: "/b" }],
  ["WORKDIR rel", { workingDir: "/rel" }],
  ["HEALTHCHECK NONE", { healthcheck: { Test: ["NONE"] } }],
  [
    "HEALTHCHECK --interval=5s --retries=3 CMD curl x",
    { healthcheck: { Test: ["CMD-SHELL", "curl x"], Interval: 5e9, Retries: 3 } },
  ],
  ['HEALTHCHECK CMD ["a"]', { healthcheck: { Test: ["CMD", "a"] } }],
  ["  # a comment", {}],
  ["", {}],
])("%s", (line, change) => {
  expect(applyChanges(base, [line])).toEqual({ ...base, ...change });
});

test("lines build on each other", () => {
  const lines = ["ENV A=/srv", "WORKDIR $A", "WORKDIR sub", "EXPOSE 80", "EXPOSE 80/tcp 81"];

  expect(applyChanges(EMPTY_RUNTIME_CONFIG, lines)).toMatchObject({
    workingDir: "/srv/sub",
    exposedPorts: ["80/tcp", "81/tcp"],
  });
});

test.each([
  ["RUN x", "run is not a valid change command"],
  ["FROM x", "from is not a valid change command"],
  ["toString x", "tostring is not a valid change command"],
  ["CMD", "CMD requires at least one argument"],
  ["ENV A", "ENV must have two arguments"],
  ["ENV A=1 B", /can't find = in "B"/],
  ["ENV A='x", /looking for matching '-quote/],
  ['LABEL a="x', /looking for matching "-quote/],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a Dockerfile has it so.
  ["ENV A=${B!c}", /unsupported modifier/],
  ["EXPOSE http", "Invalid containerPort: http"],
  ["EXPOSE 0", "Invalid containerPort: 0"],
  ["EXPOSE 65536", "Invalid containerPort: 65536"],
  ["EXPOSE 9-1", "Invalid containerPort: 9-1"],
  ["EXPOSE 8080:80", "Invalid containerPort: 8080:80"],
  ["USER a b", "USER requires exactly one argument"],
  ['VOLUME [""]', "VOLUME specified can not be an empty string"],
  ["ONBUILD ONBUILD RUN x", /Chaining ONBUILD/],
  ["ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"],
  ["HEALTHCHECK curl x", /Unknown type "curl"/],
  ["HEALTHCHECK CMD", /Missing command/],
  ["HEALTHCHECK --interval=1us CMD x", /cannot be less than 1ms/],
  ["HEALTHCHECK --interval=soon CMD x", /cannot be less than 1ms/],
  ["HEALTHCHECK --retries=x CMD x", /must be a number/],
  ["HEALTHCHECK --what=1 CMD x", "unknown flag: --what"],
])("%s is refused: %s", (line, message) => {
  expect(() => applyChanges(base, [line])).toThrow(message as string);
});
