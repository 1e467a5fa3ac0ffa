import { expect, test } from "bun:test";
import { explainNetworkFault } from "./network-error.ts";

const URL_TEXT = "https://host.test/v2/";

test.each([
  ["ECONNREFUSED", "dial tcp host.test:443: connect: connection refused"],
  ["EHOSTUNREACH", "dial tcp host.test:443: connect: no route to host"],
  ["ENOTFOUND", "dial tcp: lookup host.test: no such host"],
  ["EAI_AGAIN", "dial tcp: lookup host.test: Temporary failure in name resolution"],
  ["CERT_HAS_EXPIRED", "x509: certificate has expired or is not yet valid"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "x509: certificate signed by unknown authority"],
  ["SOMETHING_NEW", "what Bun says"],
])("%s is told as %s", (code, reason) => {
  const cause = Object.assign(new Error("what Bun says"), { code });
  const error = explainNetworkFault(cause, {
    method: "GET",
    url: new URL(URL_TEXT),
    proxy: undefined,
  });
  expect(error.message).toBe(`Get "${URL_TEXT}": ${reason}`);
  expect(error.kind).toBe("unavailable");
});
