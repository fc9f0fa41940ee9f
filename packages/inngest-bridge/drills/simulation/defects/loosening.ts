import type { Backend, Write, WriteBatch } from "@perdure/checkpoint-core";
import type { Defect } from "../defect.ts";

/** A write of a commit, by its keys. */
export function isCommit(keys: readonly string[]): boolean {
  return keys[0]?.startsWith("o/commit/") ?? false;
}

/** One of a begin or a claim. */
export function isBegin(keys: readonly string[]): boolean {
  return keys[0]?.startsWith("o/begin/") ?? false;
}

/** One that suspends or ends a run. */
export function putsLease(keys: readonly string[]): boolean {
  return keys.includes("queue") || keys.some((key) => key.startsWith("approval/"));
}

interface Loosening {
  /** In which writes, by their keys. */
  readonly in: (keys: readonly string[]) => boolean;
  /** What is expected of these keys is not expected any more. */
  readonly key: RegExp;
}

/** A store whose writes leave out some of what they expect. */
export function loosened(id: string, where: string, loosening: Loosening): Defect {
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
