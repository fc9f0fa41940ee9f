import {
  type Page,
  type ScanRange,
  StorageError,
  type StoredRecord,
} from "@perdure/checkpoint-core";
import type { PartitionKeys } from "./keys.ts";
import { recordOf } from "./record.ts";
import { askScript, scriptOf } from "./script.ts";
import { scanScript } from "./scripts/scan.ts";
import type { Sender } from "./send.ts";

/** Bytes after which a page ends early, so that Redis, which does one thing at a time, is not kept from the others for long. */
export const PAGE_BYTES: number = 2 * 1024 * 1024;
/** Keys after which a page ends early, also when all of them have expired. */
const PAGE_KEYS = 4000;

const scan = scriptOf(scanScript);

/** The records under the keys: one HMGET, so one instant. */
export async function readRecords(
  sender: Sender,
  [, records]: PartitionKeys,
  keys: readonly string[],
  now: number,
): Promise<(StoredRecord | undefined)[]> {
  if (keys.length === 0) return [];
  const found = listOf(await sender.ask("hmget", [records, ...keys]));
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
  if (String(answer) === "damaged") throw damaged(partition);
  const [next, ...found] = listOf(answer);
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

function listOf(answer: unknown): readonly unknown[] {
  if (Array.isArray(answer)) return answer;
  throw new StorageError("BACKEND", `Redis gave ${typeof answer} where a list was due.`);
}
