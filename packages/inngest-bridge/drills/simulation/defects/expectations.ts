import type { Backend, Write, WriteBatch } from "@perdure/checkpoint-core";
import type { Defect } from "../defect.ts";

/** Stores whose writes leave out one of their expectations: each was found to be needed when the protocol was modelled. */
export const withoutExpectations: readonly Defect[] = [
  loosened("commits-without-the-fence", "a commit that does not end its run", {
    in: (keys) => isCommit(keys) && !putsLease(keys),
    key: /^lease$/,
  }),
  loosened("begins-on-any-lease", "a begin", { in: isBegin, key: /^lease$/ }),
  loosened("queues-behind-a-free-thread", "a run that waits behind another", {
    in: (keys) => keys.includes("queue") && !isCommit(keys),
    key: /^lease$/,
  }),
  loosened("queues-over-the-queue", "a run that waits behind another", {
    in: (keys) => keys.includes("queue"),
    key: /^queue$/,
  }),
  loosened("suspends-over-decisions", "a suspension, on its approvals", {
    in: isCommit,
    key: /^approval\//,
  }),
  loosened("decides-twice", "a decision, that there is none", {
    in: (keys) => !isCommit(keys),
    key: /^approval\//,
  }),
];

function isCommit(keys: readonly string[]): boolean {
  return keys[0]?.startsWith("o/commit/") ?? false;
}

function isBegin(keys: readonly string[]): boolean {
  return keys[0]?.startsWith("o/begin/") ?? false;
}

function putsLease(keys: readonly string[]): boolean {
  return keys.includes("queue") || keys.some((key) => key.startsWith("approval/"));
}

interface Loosening {
  /** In which writes, by their keys. */
  readonly in: (keys: readonly string[]) => boolean;
  /** What is expected of these keys is not expected any more. */
  readonly key: RegExp;
}

function loosened(id: string, where: string, loosening: Loosening): Defect {
  return {
    id,
    does: `${where}: does not expect the state that it has read`,
    backend: (engine: Backend) => ({
      write: async (partition, batch) => engine.write(partition, loosen(batch, loosening)),
    }),
  };
}

function loosen(batch: WriteBatch, { in: isMeant, key }: Loosening): WriteBatch {
  const keys = batch.writes.map((write) => (write.op === "append" ? write.prefix : write.key));
  if (!isMeant(keys)) return batch;
  const writes = batch.writes.flatMap((write): readonly Write[] => {
    if (write.op === "append" || !key.test(write.key)) return [write];
    return write.op === "check" ? [] : [{ ...write, expect: "any" }];
  });
  return { ...batch, writes };
}
