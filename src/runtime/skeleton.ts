// The directories and files that every container has something mounted on. As the lowest layer of
// every root they need not be made in each container, and do not show up in what it changed.

import { mkdirSync, writeFileSync } from "node:fs";

const DIRECTORIES = ["dev", "etc", "proc", "sys"];

// Docker's marker of a container is looked for by many a program.
const FILES = [".dockerenv", "etc/hostname", "etc/hosts", "etc/resolv.conf"];

/** Makes the skeleton below a directory, and returns its path; what is there stays. */
export function ensureSkeleton(root: string): string {
  const skeleton = `${root}/skeleton`;
  for (const name of DIRECTORIES) mkdirSync(`${skeleton}/${name}`, { recursive: true });
  for (const name of FILES) writeFileSync(`${skeleton}/${name}`, "", { flag: "a", mode: 0o644 });
  return skeleton;
}
