import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { isStorageError } from "@perdure/checkpoint-core";
import { isNoScript, isRedirected } from "./errors.ts";
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
    return await onceAgreed(() => run("evalsha", sha));
  } catch (error) {
    if (!isNoScript(error)) throw error;
    return onceAgreed(() => run("eval", text));
  }
}

/** How often nodes are asked again that do not agree on whose a slot is, and after which milliseconds. */
const MOST_TRIES = 40;
const PAUSE_MS = 50;

/** The answer of the node whose slot it is. While a slot moves, each of two nodes may say for a moment that it is the other's: ioredis goes to and fro between them, and gives up long before they agree. */
async function onceAgreed<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (!isStorageError(error) || !isRedirected(error) || tries === MOST_TRIES) throw error;
    }
    await pause(PAUSE_MS);
  }
}
