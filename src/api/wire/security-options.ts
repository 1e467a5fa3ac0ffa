import { EngineError } from "../../base/errors.ts";
import type { SecurityOptions } from "../../engine/model.ts";
import { notYet } from "./refused.ts";

/** Reads `--security-opt`s, as `name=value`, `name:value` or a bare name. */
export function decodeSecurity(asked: readonly string[]): SecurityOptions {
  const defaults: SecurityOptions = {
    noNewPrivileges: false,
    seccomp: "default",
    unconfinedPaths: false,
    asked,
  };
  return Object.assign({}, defaults, ...asked.map(decodeOne));
}

function decodeOne(text: string): Partial<SecurityOptions> {
  const { name, value } = split(text);
  switch (name) {
    case "no-new-privileges":
      return { noNewPrivileges: decodeBoolean(text, value) };
    case "seccomp":
      return { seccomp: decodeSeccomp(value) };
    case "systempaths":
      if (value !== "unconfined") throw invalid(2, text);
      return { unconfinedPaths: true };
    case "apparmor":
      // Nothing is confined by AppArmor, so being unconfined is no wish.
      if (value === "unconfined") return {};
      throw notYet("HostConfig.SecurityOpt", `AppArmor profiles, such as "${value}"`);
    case "label":
      if (value === "disable") return {};
      throw notYet("HostConfig.SecurityOpt", `SELinux labels, such as "${value}"`);
    case "writable-cgroups":
      if (!decodeBoolean(text, value)) return {};
      throw notYet("HostConfig.SecurityOpt", "writable cgroups");
    default:
      throw invalid(2, text);
  }
}

function split(text: string): { name: string; value: string } {
  if (text === "no-new-privileges") return { name: text, value: "true" };
  if (text === "disable") return { name: "label", value: text };
  const [, name, value] = /^([^=:]*)[=:](.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw invalid(1, text);
  return { name, value };
}

function decodeSeccomp(value: string): SecurityOptions["seccomp"] {
  if (value === "unconfined") return "unconfined";
  // Clients read a profile's file themselves and send what is in it.
  return value === "builtin" || value === "" ? "default" : { profile: value };
}

/** Go's strconv.ParseBool. */
function decodeBoolean(text: string, value: string): boolean {
  if (/^(1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw invalid(2, text);
}

function invalid(which: 1 | 2, text: string): EngineError {
  return new EngineError("invalid", `invalid --security-opt ${which}: ${JSON.stringify(text)}`);
}
