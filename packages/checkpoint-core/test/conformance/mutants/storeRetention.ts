import { type Backend, createStore } from "@perdure/checkpoint-core";
import type { BackendSubject, OpenStore } from "../../../src/conformance/index.ts";
import { wrapBackend } from "../../wrap.ts";
import type { StoreMutant } from "./brokenStore.ts";
import { type Mutant, wrappedBackend } from "./mutant.ts";

/** Ours, with maintenance that sees and writes the storage through a layer that gets something wrong. */
function sweeping(
  id: string,
  does: string,
  killedBy: string,
  wrong: (backend: Backend) => Partial<Backend>,
  aheadMs = 0,
): StoreMutant {
  const open: OpenStore = (options) => {
    const right = createStore(options);
    const wrongly = createStore({
      ...options,
      backend: wrapBackend(options.backend, wrong(options.backend)),
      now: () => options.now() + aheadMs,
    });
    return { ...right, maintain: (budget) => wrongly.maintain(budget) };
  };
  return { id, does, killedBy: `store.${killedBy}`, open };
}

/** Stores that hide or free the wrong things. */
export const retentionMutants: readonly StoreMutant[] = [
  {
    id: "keeps-one-more",
    does: "shows n + 1 checkpoints (peers)",
    killedBy: "store.keep-last",
    open: ({ keepLast, ...options }) =>
      createStore(keepLast === undefined ? options : { ...options, keepLast: keepLast + 1 }),
  },
  {
    id: "hides-by-its-own-n",
    does: "hides what its own n does not show, and writes that down nowhere: processes with different n disagree",
    killedBy: "store.keep-last",
    open: ({ keepLast, ...options }) => {
      const right = createStore(options);
      const { checkpoints } = right;
      return {
        ...right,
        checkpoints: {
          ...checkpoints,
          list: async (...call) => (await checkpoints.list(...call)).slice(0, keepLast),
        },
      };
    },
  },
  sweeping("never-sweeps", "hides, and frees nothing", "swept-by-maintain", (backend) => ({
    async scan(partition, range, now) {
      const isNote = range.from.startsWith("w/sweep/");
      return isNote ? { records: [] } : backend.scan(partition, range, now);
    },
  })),
  sweeping(
    "sweeps-oldest-first",
    "frees a base before what builds on it: a reader of a hidden checkpoint takes it for damage",
    "swept-under-a-reader",
    (backend) => ({
      async scan(partition, range, now) {
        if (!range.reverse || !range.from.startsWith("c/"))
          return backend.scan(partition, range, now);
        const { records } = await backend.scan(partition, range, now);
        return { records: records.toReversed() };
      },
    }),
  ),
  sweeping("pins-ignored", "frees what is hidden, pinned or not", "pinned-stays", (backend) => ({
    async read(partition, keys, now) {
      const found = await backend.read(partition, keys, now);
      return found.map((record) => (record?.key === "v" ? undefined : record));
    },
    write: (partition, { writes, ...batch }) =>
      backend.write(partition, {
        ...batch,
        writes: writes.filter((write) => !(write.op === "check" && write.key === "v")),
      }),
  })),
  sweeping(
    "frees-without-rewriting",
    "frees a deleted base and leaves what builds on it as it was",
    "deleted-base",
    (backend) => ({
      write: (partition, { writes, ...batch }) =>
        backend.write(partition, {
          ...batch,
          writes: writes.map((write) =>
            write.op === "put" && write.key.startsWith("c/") && typeof write.expect === "number"
              ? { op: "check", key: write.key, expect: write.expect }
              : write,
          ),
        }),
    }),
  ),
  sweeping(
    "expires-by-its-own-clock",
    "frees what has expired by its own clock, which is an hour ahead of others",
    "expired-for-all",
    () => ({}),
    2 * 60 * 60 * 1000,
  ),
  sweeping(
    "forgets-old-operations",
    "leaves expired records of operations in the engine",
    "old-operations",
    (backend) => ({
      async scan(partition, range, now) {
        const isOperation = range.from.startsWith("o/");
        return isOperation ? { records: [] } : backend.scan(partition, range, now);
      },
    }),
  ),
  sweeping(
    "forgets-operations-elsewhere",
    "frees expired records of operations in threads alone",
    "old-operations-elsewhere",
    (backend) => ({
      async scan(partition, range, now) {
        const isOperation = range.from.startsWith("o/") && !partition.startsWith("t/");
        return isOperation ? { records: [] } : backend.scan(partition, range, now);
      },
    }),
  ),
];

/** Backends that keep what should be freed. */
export const expiryMutants: readonly Mutant<BackendSubject>[] = [
  wrappedBackend(
    "delete-spares-expired",
    "deletes only what has not expired, so that expired records stay for ever",
    "law-5.delete-removes-expired",
    (right) => ({
      write: (partition, { writes, ...batch }) =>
        right.write(partition, {
          ...batch,
          writes: writes.map((write) =>
            write.op === "delete" && write.expect === "absent"
              ? { op: "check", key: write.key, expect: "absent" }
              : write,
          ),
        }),
    }),
  ),
];
