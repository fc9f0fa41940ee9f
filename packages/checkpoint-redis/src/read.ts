import {
  type Page,
  type ScanRange,
  StorageError,
  type StoredRecord,
} from "@perdure/checkpoint-core";
import type { PartitionKeys } from "./keys.ts";
import { recordOf } from "./record.ts";
import { askScript, scriptOf } from "./script.ts";
import { readScript } from "./scripts/read.ts";
import { scanScript } from "./scripts/scan.ts";
import type { Sender } from "./send.ts";

/** Bytes after which a page ends early, so that Redis, which does one thing at a time, is not kept from the others for long. */
export const PAGE_BYTES: number = 2 * 1024 * 1024;
/** Keys after which a page ends early, also when all of them have expired. It counts the bytes of those, too. */
const PAGE_KEYS = 4000;

const read = scriptOf(readScript);
const scan = scriptOf(scanScript);

/** The records under the keys: one script, so one instant. */
export async function readRecords(
  sender: Sender,
  partition: PartitionKeys,
  keys: readonly string[],
  now: number,
): Promise<(StoredRecord | undefined)[]> {
  if (keys.length === 0) return [];
  const found = listOf(await askScript(sender, read, partition, keys), partition);
  return keys.map((key, at) => {
    const bytes = found[at];
    return bytes === null ? undefined : recordOf(key, bytes, now);
  });
}

/** One page of the range: one script, so one instant. */
export async function scanPage(
  sender: Sender,
  partition: PartitionKeys,
  { from, to, limit, reverse = false }: ScanRange,
  now: number,
): Promise<Page> {
  const answer = await askScript(sender, scan, partition, [
    from,
    to,
    limit,
    reverse ? "1" : "",
    now,
    PAGE_BYTES,
    PAGE_KEYS,
  ]);
  const [next, ...found] = listOf(answer, partition);
  const records: StoredRecord[] = [];
  for (let at = 0; at < found.length; at += 2) {
    const record = recordOf(String(found[at]), found[at + 1], now);
    if (record) records.push(record);
  }
  return String(next) === "" ? { records } : { records, next: String(next) };
}

/** Some of the partition's keys are gone: evicted, expired or deleted by somebody else. */
export function damaged([revision]: PartitionKeys): StorageError {
  return new StorageError(
    "CORRUPT",
    `The keys of a partition do not agree (${revision}): Redis has evicted one of them, or somebody has changed it.`,
  );
}

/** An answer that our scripts do not give: `QUEUED`, where the client's owner has begun a MULTI on the connection. */
export function unexpected(answer: unknown): StorageError {
  return new StorageError(
    "BACKEND",
    `Redis answered ${String(answer).slice(0, 100)} to a script that says no such thing: nobody else may use the client for a MULTI that is not a pipeline.`,
  );
}

function listOf(answer: unknown, partition: PartitionKeys): readonly unknown[] {
  if (Array.isArray(answer)) return answer;
  if (String(answer) === "damaged") throw damaged(partition);
  throw unexpected(answer);
}
