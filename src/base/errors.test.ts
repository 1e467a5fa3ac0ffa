import { expect, test } from "bun:test";
import { EngineError, explain } from "./errors.ts";

const refusal = new EngineError("conflict", "there is one already", { exitCode: 126 });

test("an explained error keeps kind, exit code and cause", () => {
  const error = explain(refusal, "Cannot make it");

  expect(error.message).toBe("Cannot make it: there is one already");
  expect(error).toMatchObject({ kind: "conflict", exitCode: 126, cause: refusal });
});

test("what is no error of ours is internal", () => {
  expect(explain(new RangeError("too far"), "Cannot go")).toMatchObject({
    kind: "internal",
    exitCode: undefined,
    message: "Cannot go: too far",
  });
  expect(explain("no", "Cannot go").message).toBe("Cannot go: no");
});

test("the first failure is told, not those of undoing what was done by then", () => {
  const fail = () => {
    using undo = new DisposableStack();
    for (const text of ["cannot undo the first", "cannot undo the second"]) {
      undo.defer(() => {
        throw new Error(text);
      });
    }
    throw refusal;
  };

  try {
    fail();
    expect.unreachable();
  } catch (thrown) {
    const error = explain(thrown, "Cannot make it");
    expect(error).toMatchObject({ kind: "conflict", cause: thrown });
    expect(error.message).toBe("Cannot make it: there is one already");
  }
});
