import { isStorageError, type OnceResult } from "@perdure/checkpoint-core";
import type { StoredRecord, Write } from "../../../src/backend/contract.ts";
import { broken, onWrongBackend, type StoreMutant } from "./brokenStore.ts";

/** A write that says nothing of the beat of an attempt, but that it is to go. */
function blind(write: Write): readonly Write[] {
  if (!("key" in write) || !write.key.startsWith("beat/")) return [write];
  if (write.op === "check") return [];
  return write.op === "delete" ? [{ ...write, expect: "any" }] : [write];
}

/** Stores that take one attempt at an effect for another, and one stream for another. */
export const attemptMutants: readonly StoreMutant[] = [
  broken(
    "tells-what-stands",
    "answers one whose thread is over with the outcome that has its key there now",
    "effect-in-its-life",
    ({ effects }) => ({
      effects: {
        ...effects,
        async once<T>(...call: Parameters<typeof effects.once<T>>) {
          try {
            return await effects.once(...call);
          } catch (error) {
            const [threadId, key] = call;
            if (!isStorageError(error) || error.code !== "DELETED") throw error;
            const found = await effects.get(threadId, key);
            if (found?.status !== "recorded") throw error;
            return { value: found.value, attempt: found.attempt, replayed: true } as OnceResult<T>;
          }
        },
      },
    }),
  ),
  onWrongBackend(
    "forgets-the-attempt-before",
    "deletes the record of an attempt that was not done, also where another stood before it",
    "effect-after-not-done",
    (backend) => ({
      write(partition, { writes, ...batch }) {
        const [put, beat] = writes;
        const isForgotten =
          writes.length === 2 &&
          put?.op === "put" &&
          put.key.startsWith("once/") &&
          Buffer.from(put.value).includes('"again"') &&
          beat?.op === "delete";
        if (!isForgotten) return backend.write(partition, { writes, ...batch });
        const gone = { op: "delete", key: put.key, expect: put.expect } as const;
        return backend.write(partition, { writes: [gone, beat], ...batch });
      },
    }),
  ),
  onWrongBackend(
    "takes-silence-for-good",
    "looks whether an attempt is silent, and not in the write that follows from it",
    "effect-silent",
    (backend) => ({
      write: (partition, { writes, ...batch }) =>
        backend.write(partition, { writes: writes.flatMap(blind), ...batch }),
    }),
  ),
  onWrongBackend(
    "remembers-what-it-scanned",
    "reads an event that it has seen from memory, whatever has become of the stream since",
    "stream-replaced",
    (backend) => {
      const seen = new Map<string, StoredRecord>();
      return {
        async scan(partition, ...call) {
          const page = await backend.scan(partition, ...call);
          for (const record of page.records) seen.set(partition + record.key, record);
          return page;
        },
        async read(partition, keys, now) {
          const found = await backend.read(partition, keys, now);
          return found.map((record, at) => {
            const key = keys[at] ?? "";
            return key.startsWith("e/") ? seen.get(partition + key) : record;
          });
        },
      };
    },
  ),
];
