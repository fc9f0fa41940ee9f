import { DeletedError, isStorageError } from "@perdure/checkpoint-core";
import type { BackendSubject } from "../../../src/conformance/index.ts";
import { type Mutant, turn, wrappedBackend } from "./mutant.ts";

/** Backends that break law 6 where others are at work, or that were told otherwise before. */
export const dropRaceMutants: readonly Mutant<BackendSubject>[] = [
  wrappedBackend(
    "held-drop-looks-then-drops",
    "looks for the record of a held drop, then drops: a write in between is lost with the rest",
    "law-6.held-drop-race",
    (right) => ({
      async drop(name, now, held) {
        const [record] = held ? await right.read(name, [held.key], now) : [];
        await turn();
        await right.drop(name, now, record?.revision === held?.revision ? undefined : held);
      },
    }),
  ),
  wrappedBackend(
    "held-drop-by-old-clock",
    "takes an expired record for the one that a drop is held to",
    "law-6.held-drop-of-expired",
    (right) => ({ drop: (name, _now, held) => right.drop(name, 0, held) }),
  ),
  wrappedBackend(
    "revives-twice",
    "looks for the tombstone, then empties the partition and begins anew: of two that revive at once the second empties the first's life",
    "law-6.race-to-revive",
    (right) => ({
      async write(name, batch) {
        if (batch.revive && (await isDropped(() => right.write(name, { writes: [], now: 0 })))) {
          await turn();
          await right.drop(name, batch.now);
        }
        return right.write(name, batch);
      },
    }),
  ),
  wrappedBackend(
    "drop-goes-on",
    "deletes record by record behind the tombstone, also what another life has put there since",
    "law-6.revive-beside-drop",
    (right) => ({
      async drop(name, now, held) {
        const { records } = await right.scan(name, { from: "!", to: "~", limit: 10_000 }, now);
        await right.drop(name, now, held);
        for (const { key } of records) {
          await turn();
          const writes = [{ op: "delete", key, expect: "any" }] as const;
          await isDropped(() => right.write(name, { writes, now }));
        }
      },
    }),
  ),
  wrappedBackend(
    "tombstones-remembered",
    "remembers in the process which partitions were dropped, and does not see that another has begun one anew",
    "law-6.revive-seen-by-all",
    (right) => {
      const dropped = new Set<string>();
      return {
        async write(name, batch) {
          if (dropped.has(name) && !batch.revive) throw new DeletedError(`${name} was dropped.`);
          const refused = await isDropped(() => right.write(name, { ...batch, writes: [] }));
          if (refused) dropped.add(name);
          return right.write(name, batch);
        },
      };
    },
  ),
];

/** Whether a call is refused as `DELETED`. */
async function isDropped(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return false;
  } catch (error) {
    if (isStorageError(error) && error.code === "DELETED") return true;
    throw error;
  }
}
