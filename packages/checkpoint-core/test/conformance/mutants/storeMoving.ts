import { onWrongBackend, type StoreMutant } from "./brokenStore.ts";

/** Stores that lose something when they are copied. */
export const movingMutants: readonly StoreMutant[] = [
  onWrongBackend(
    "copies-one-page",
    "copies of each partition the records of the first page",
    "copied-out-and-read-back",
    (backend) => ({
      async scan(partition, range, now) {
        const { records, next } = await backend.scan(partition, range, now);
        return range.from === "!" || next === undefined ? { records } : { records, next };
      },
    }),
  ),
  onWrongBackend(
    "lives-from-one",
    "counts the lives of what is copied to it anew, so that events of before mean nothing here",
    "copied-in",
    (backend) => {
      let padded = 0;
      return {
        async write(partition, batch) {
          const [only, ...more] = batch.writes;
          const isPadding = more.length === 0 && only?.op === "delete" && only.key === "life";
          if (!isPadding) return backend.write(partition, batch);
          padded += 1;
          return { revision: padded };
        },
      };
    },
  ),
];
