import { isStorageError } from "../../errors.ts";
import { SWEEP } from "../maintenance/kinds.ts";
import type { StoreContext } from "../context.ts";
import { dueAfter, noteWork } from "../maintenance/work.ts";
import { sweepHidden } from "./sweep.ts";

/** It is noted that entries of a thread are about to be hidden: whatever becomes of this process, they are freed. */
export async function noteHidden(
  context: StoreContext,
  threadId: string,
  now: number,
): Promise<void> {
  await noteWork(context, { kind: SWEEP, subject: threadId }, dueAfter(now), now);
}

/** Frees what was hidden. Where that fails the note stands for it: what hid the entries has happened, and its caller is told so. */
export async function freeHidden(context: StoreContext, threadId: string): Promise<void> {
  try {
    await sweepHidden(context.thread(threadId), context.now(), context.operationTtlMs);
  } catch (error) {
    if (!isStorageError(error)) throw error;
  }
}
