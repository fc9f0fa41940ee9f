import {
  ConflictError,
  DeletedError,
  type Expectation,
  type HeldRecord,
  StorageError,
  type Write,
  type WriteBatch,
} from "@perdure/checkpoint-core";
import type { PartitionKeys } from "./keys.ts";
import { damaged, unexpected } from "./read.ts";
import { scriptOf, tellScript } from "./script.ts";
import { dropScript } from "./scripts/drop.ts";
import { writeScript } from "./scripts/write.ts";
import type { Argument, Sender, Told } from "./send.ts";

/** Whom a write waits for. */
export interface Wait {
  readonly replicas: number;
  readonly timeoutMs: number;
}

const write = scriptOf(writeScript);
const drop = scriptOf(dropScript);

/** A partition, where it is and who is waited for. */
export interface Target {
  readonly name: string;
  readonly keys: PartitionKeys;
  readonly wait: Wait | undefined;
}

/** Applies the batch and returns the partition's revision after it. */
export async function writeBatch(
  sender: Sender,
  { name, keys, wait }: Target,
  { writes, now, revive }: WriteBatch,
): Promise<number> {
  const args = [now, revive ? "1" : "", ...writes.flatMap(argumentsOf)];
  const told = await tellScript(sender, write, keys, args);
  const answer = String(told.answer);
  if (answer === "damaged") throw damaged(keys);
  if (answer === "deleted")
    throw new DeletedError(`Partition ${name} was dropped; nothing was written.`);
  const number = Number(answer);
  if (!Number.isSafeInteger(number)) throw unexpected(answer);
  if (number < 0) throw conflict(name, writes[-1 - number]);
  if (wait) await replicated(sender, told, wait);
  return number;
}

/** Drops the partition, if it still holds what the drop is held to. */
export async function dropPartition(
  sender: Sender,
  { name, keys, wait }: Target,
  now: number,
  held: HeldRecord | undefined,
): Promise<void> {
  const told = await tellScript(
    sender,
    drop,
    keys,
    held ? [now, held.key, held.revision] : [now, "", ""],
  );
  const answer = String(told.answer);
  if (answer === "damaged") throw damaged(keys);
  if (held && answer === "conflict")
    throw new ConflictError(
      `Key ${held.key} of partition ${name} is not ${held.revision}; nothing was dropped.`,
      { key: held.key },
    );
  if (answer !== "done") throw unexpected(answer);
  if (wait) await replicated(sender, told, wait);
}

/** Five for each entry, as the script says. */
function argumentsOf(entry: Write): Argument[] {
  if (entry.op === "append")
    return ["a", entry.prefix, "", entry.expiresAt ?? "", bufferOf(entry.value)];
  const expect = expectations[entry.expect] ?? String(entry.expect);
  if (entry.op === "put")
    return ["p", entry.key, expect, entry.expiresAt ?? "", bufferOf(entry.value)];
  return [entry.op === "delete" ? "d" : "c", entry.key, expect, "", ""];
}

const expectations: Readonly<Partial<Record<Expectation, string>>> = {
  any: "",
  absent: "a",
  present: "p",
};

/** ioredis takes bytes as a Buffer, and makes a text of any other view. */
function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function conflict(name: string, entry: Write | undefined): StorageError {
  if (!entry || entry.op === "append")
    return new StorageError("BACKEND", "Redis named an entry that the write has not.");
  return new ConflictError(
    `Key ${entry.key} of partition ${name} is not ${entry.expect}; nothing was written.`,
    { key: entry.key },
  );
}

/** Waits until so many replicas have what this connection has written. */
async function replicated(sender: Sender, told: Told, wait: Wait): Promise<void> {
  const { replicas, timeoutMs } = wait;
  const acknowledged = Number(await sender.follow(told, "wait", [replicas, timeoutMs]));
  if (!(acknowledged >= replicas))
    throw new StorageError(
      "UNAVAILABLE",
      `${acknowledged} of ${replicas} replicas have acknowledged a write within ${timeoutMs} ms: the primary has it, and a failover may lose it.`,
    );
}
