import type { Write } from "../../backend/contract.ts";
import type { Snapshot } from "../partition.ts";
import {
  decodeExceptions,
  encodeExceptions,
  EXCEPTIONS,
  type Exceptions,
  ordinalOf,
} from "./schema.ts";

/** The entry that writes the exceptions, by the revision that was seen (0: there were none). */
export function exceptionsWrite(exceptions: Exceptions, seen: number): Write {
  return {
    op: "put",
    key: EXCEPTIONS,
    value: encodeExceptions(exceptions),
    expect: seen === 0 ? "absent" : seen,
  };
}

/** Holds a write to the exceptions that were seen. */
export function exceptionsCheck(seen: number): Write {
  return { op: "check", key: EXCEPTIONS, expect: seen === 0 ? "absent" : seen };
}

/** The exceptions with a pin; one entry an ordinal. */
export function withPin(exceptions: Exceptions, ordinal: number, from: number): Exceptions {
  const { pinned, deleted } = without(exceptions, ordinal);
  return { pinned: [...pinned, { ordinal, from }], deleted };
}

/** The exceptions with a deletion, which takes a pin with it. */
export function withDeletion(exceptions: Exceptions, ordinal: number): Exceptions {
  const { pinned, deleted } = without(exceptions, ordinal);
  return { pinned, deleted: [...deleted, ordinal] };
}

/** The exceptions without the pin of a checkpoint; `undefined` where it has none. */
export function withoutPin(exceptions: Exceptions, checkpointId: string): Exceptions | undefined {
  const ordinal = ordinalOf(checkpointId);
  const pinned = exceptions.pinned.filter((pin) => pin.ordinal !== ordinal);
  return pinned.length === exceptions.pinned.length ? undefined : { ...exceptions, pinned };
}

/**
 * The entry that takes the pin of a checkpoint out, for a write whose snapshot holds the record of {@link EXCEPTIONS}; `undefined` where there is no pin. It expects that
 * record unmoved: after a conflict on it, read again.
 */
export function unpinWrite(snapshot: Snapshot, checkpointId: string): Write | undefined {
  const record = snapshot.get(EXCEPTIONS);
  const left = record && withoutPin(decodeExceptions(record), checkpointId);
  return left && exceptionsWrite(left, record.revision);
}

function without({ pinned, deleted }: Exceptions, ordinal: number): Exceptions {
  return {
    pinned: pinned.filter((pin) => pin.ordinal !== ordinal),
    deleted: deleted.filter((one) => one !== ordinal),
  };
}
