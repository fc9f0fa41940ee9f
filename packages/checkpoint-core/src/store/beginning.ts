import { frameHead } from "../codec/frameHead.ts";
import { isStorageError } from "../errors.ts";
import type { OpenRecord, Partition } from "./partition.ts";

/** The record of a frame, read whole where its beginning does not hold the frame's head; `undefined` where it is gone by then. */
export async function withHead(
  partition: Partition,
  record: OpenRecord,
  now: number,
): Promise<OpenRecord | undefined> {
  if (!record.start || holdsHead(record.start)) return record;
  return (await partition.read([record.key], now)).get(record.key);
}

/** Also true for what cannot be read: decoding says why. */
function holdsHead(start: () => Uint8Array): boolean {
  try {
    return frameHead(start()) !== undefined;
  } catch (error) {
    if (isStorageError(error)) return true;
    throw error;
  }
}
