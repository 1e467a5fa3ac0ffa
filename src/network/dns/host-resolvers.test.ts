import { expect, test } from "bun:test";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { TemporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { HostResolvers } from "./host-resolvers.ts";

test("the host's servers are read again when the file changes, however it is written", () => {
  using directory = new TemporaryDirectory();
  const file = `${directory.path}/resolv.conf`;
  const resolvers = new HostResolvers(file);
  const fallback = ["8.8.8.8", "8.8.4.4"];
  expect(resolvers.list()).toEqual(fallback);

  writeFileSync(file, "nameserver 127.0.0.53\nnameserver ::1\nnameserver nonsense\n");
  expect(resolvers.list()).toEqual(["127.0.0.53", "::1"]);

  writeFileSync(file, "nameserver 10.0.0.53\n");
  expect(resolvers.list()).toEqual(["10.0.0.53"]);

  writeFileSync(`${file}.new`, "nameserver 10.0.0.54\n");
  renameSync(`${file}.new`, file);
  expect(resolvers.list()).toEqual(["10.0.0.54"]);

  rmSync(file);
  expect(resolvers.list()).toEqual(["10.0.0.54"]);

  writeFileSync(file, "");
  expect(resolvers.list()).toEqual(fallback);
});
