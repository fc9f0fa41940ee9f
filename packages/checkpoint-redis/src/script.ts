import { createHash } from "node:crypto";
import { isNoScript } from "./errors.ts";
import type { PartitionKeys } from "./keys.ts";
import type { Argument, Sender, Told } from "./send.ts";

/** A script and the name that the server knows it by, once it has seen it. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** The script of a text. */
export function scriptOf(text: string): Script {
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

/** Runs a script that changes nothing on the keys of one partition. */
export function askScript(
  sender: Sender,
  script: Script,
  keys: PartitionKeys,
  args: readonly Argument[],
): Promise<unknown> {
  return byName(script, (name, which) => sender.ask(name, [which, keys.length, ...keys, ...args]));
}

/** Runs a script that changes something, once. */
export function tellScript(
  sender: Sender,
  script: Script,
  keys: PartitionKeys,
  args: readonly Argument[],
): Promise<Told> {
  return byName(script, (name, which) => sender.tell(name, [which, keys.length, ...keys, ...args]));
}

/** By its SHA-1; with its text where the server does not know it (new, restarted, failed over, or flushed), which it does from then on. */
async function byName<T>(
  { sha, text }: Script,
  run: (command: "evalsha" | "eval", which: string) => Promise<T>,
): Promise<T> {
  try {
    return await run("evalsha", sha);
  } catch (error) {
    if (!isNoScript(error)) throw error;
    return run("eval", text);
  }
}
