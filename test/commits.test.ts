import { expect } from "bun:test";
import { testIf } from "./support/test-if.ts";

const SUBJECT_LENGTH = 72;

/** Each commit's subject and body; undefined outside a checkout. */
function readCommits(): readonly { subject: string; body: string }[] | undefined {
  const git = Bun.spawnSync(["git", "log", "-20", "--no-merges", "--format=%s%x00%b%x00%x00"], {
    cwd: import.meta.dir,
  });
  if (!git.success) return undefined;
  const records = git.stdout.toString().split("\0\0\n");
  return records
    .filter((record) => record.trim() !== "")
    .map((record) => {
      const [subject = "", body = ""] = record.split("\0");
      return { subject, body };
    });
}

const commits = Bun.which("git") === null ? undefined : readCommits();
const testCommits = testIf(commits !== undefined, "not a git checkout");

testCommits("the latest commits say what in at most 72 characters, and then why", () => {
  const wrong = commits?.filter(
    ({ subject, body }) =>
      subject.length > SUBJECT_LENGTH || !/^[^:]+: \S/.test(subject) || body.trim() === "",
  );
  expect(wrong?.map(({ subject }) => subject)).toEqual([]);
});
