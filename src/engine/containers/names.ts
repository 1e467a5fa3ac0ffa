import { randomInt } from "node:crypto";
import { EngineError } from "../../base/errors.ts";

const ADJECTIVES =
  "able amber ample brave breezy bright brisk calm candid cheery clear clever cosy crisp curious " +
  "daring deft eager early earnest fair fleet fluent fond frank fresh gentle glad golden handy " +
  "hardy hearty honest jolly keen kind lively loyal lucid mellow merry mild modest neat nimble " +
  "noble patient placid plucky polite prompt proud quick quiet rapid ready robust sage serene " +
  "sharp silent simple sleek smart snug solid spry steady sturdy subtle sunny swift tidy tranquil " +
  "trusty upbeat vivid warm wise witty zesty";

const BOATS =
  "barge bark brig canoe caravel carrack catboat clipper coble cog coracle corvette cutter dhow " +
  "dinghy dory drifter dugout felucca ferry frigate galleon galley gig gondola gulet hooker hoy " +
  "jolly junk kayak ketch knarr launch lighter longboat lorcha lugger nao outrigger packet pinnace " +
  "piragua pirogue polacre pontoon praam proa pram punt raft sampan schooner scow shallop skiff " +
  "sloop smack snow tanker tartane tender trawler trimaran tug umiak wherry whaler xebec yacht yawl";

const PATTERN = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Makes up a name that is not taken: two words, and a number when those run out. */
export function inventName(isTaken: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt++) {
    const words = `${pick(ADJECTIVES)}_${pick(BOATS)}`;
    const name = attempt < 6 ? words : `${words}${randomInt(attempt * 10)}`;
    if (!isTaken(name)) return name;
  }
}

/** Checks a name, and takes the slash off that Docker lets stand before it. */
export function parseContainerName(text: string): string {
  const name = text.replace(/^\//, "");
  if (PATTERN.test(name)) return name;
  throw new EngineError(
    "invalid",
    `Invalid container name (${text}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
  );
}

function pick(words: string): string {
  const list = words.split(" ");
  return list[randomInt(list.length)] ?? "sampan";
}
