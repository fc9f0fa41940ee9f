import { isStorageError, type StorageError } from "../../errors.ts";
import type { OpenRecord } from "../partition.ts";
import { wantsKey } from "../sealing/keyring.ts";
import { type Checkpoint, decodeCheckpoint, ordinalIn } from "./schema.ts";

const unreadable: ReadonlySet<string> = new Set(["CORRUPT", "INCOMPATIBLE", "TOO_LARGE"]);

/** True for what a record's own bytes are to blame for: no read of it will do better in this version. */
export function isUnreadable(error: unknown): error is StorageError {
  return isStorageError(error) && unreadable.has(error.code);
}

/** The checkpoint in a record; one that cannot be read is answered as damaged, so that it hides nothing but itself. */
export function decodeOrDamaged(record: OpenRecord): Checkpoint {
  try {
    return decodeCheckpoint(record);
  } catch (error) {
    if (isUnreadable(error)) return damagedCheckpoint(record, error);
    throw error;
  }
}

/**
 * The checkpoint in a record, for whoever only shows it: also one that this store has not the key for is answered as damaged. Nothing is freed, rewritten or put on such an answer: the
 * record may be sound, and the store opened with the wrong keys.
 */
export function decodeOrUnread(record: OpenRecord): Checkpoint {
  try {
    return decodeOrDamaged(record);
  } catch (error) {
    if (isStorageError(error) && wantsKey(error)) return damagedCheckpoint(record, error);
    throw error;
  }
}

/** What is known of a damaged checkpoint: where it stands. Its id finds it, so that it can be deleted. */
function damagedCheckpoint({ key, revision }: OpenRecord, damage: StorageError): Checkpoint {
  const ordinal = ordinalIn(key);
  return {
    id: `${ordinal}-damaged`,
    ordinal,
    from: ordinal,
    createdAt: Number.NaN,
    size: 0,
    version: 0,
    revision,
    firstRevision: revision,
    damage,
    body() {
      throw damage;
    },
  };
}
