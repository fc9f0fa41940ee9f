import { encodeValue } from "../partition.ts";
import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { shardOf } from "../directory/shards.ts";
import { listedOwner } from "../directory/by-name.ts";
import type { Task } from "../maintenance/task.ts";
import { noteOperationRecords } from "../maintenance/operation-records.ts";
import { endWork, noteWork, type NotedWork } from "../maintenance/work.ts";
import { checkId, checkOperationId, checkWhole, operationKey } from "../operation.ts";
import { type Decision, transact } from "../transact.ts";
import type { ThreadDeletion } from "./contract.ts";
import { type Ending, endLife } from "./ending.ts";
import { LIFE, lifeToEnd, type StoredLife, storedLife } from "../life/life.ts";
import { readOrError } from "../unreadable.ts";

/** After which `maintain` takes a deletion for cut short: longer than most take, and harmless where it is not. */
const DUE_MS = 60_000;

/** The thread is gone; see `ThreadStore.delete`. */
export async function deleteThread(
  context: StoreContext,
  threadId: string,
  deletion: ThreadDeletion,
  eraseMemory: EraseMemory,
): Promise<void> {
  checkId("threadId", threadId);
  checkDeletion(deletion);
  const { memory = false, ahead } = deletion;
  await context.ready();
  const life = await lifeOf(context, threadId);
  if (!(await isMeant(context, threadId, deletion, endedBy(life)))) return;
  await ahead?.();
  if (life && life.ending === undefined && memory)
    await eraseMemories(context, threadId, eraseMemory);
  if (life) await deleteLife(context, threadId, life, memory);
}

/** Whether this life is the one to be deleted: that which was named, and that which the first call under the operation id found. */
async function isMeant(
  context: StoreContext,
  threadId: string,
  { operationId, life }: ThreadDeletion,
  ended: number,
): Promise<boolean> {
  if (life !== undefined && life !== ended) return false;
  if (operationId === undefined) return true;
  return (await meantLife(context, threadId, operationId, ended)) === ended;
}

function checkDeletion({ memory = false, operationId, life, ahead }: ThreadDeletion): void {
  if (typeof memory !== "boolean")
    throw new StorageError("INVALID_ARGUMENT", "memory must be true or false.");
  if (operationId !== undefined) checkOperationId(operationId);
  if (life !== undefined) checkWhole("life", life, 1);
  if (ahead !== undefined && typeof ahead !== "function")
    throw new StorageError("INVALID_ARGUMENT", "ahead must be a function.");
}

/** Erases the memories of a thread that lives, wherever they are kept. */
export type EraseMemory = (threadId: string) => Promise<void>;

/** A thread whose life cannot be read says nothing to the store's own memories: those go by its number, when it ends. */
async function eraseMemories(
  context: StoreContext,
  threadId: string,
  eraseMemory: EraseMemory,
): Promise<void> {
  try {
    await eraseMemory(threadId);
  } catch (error) {
    const snapshot = await context.thread(threadId).read([LIFE], context.now());
    if (!readOrError(() => storedLife(context, snapshot)).error) throw error;
  }
}

/** The deletion of a thread whose life is ending comes to its end. */
export async function finishEnding(context: StoreContext, threadId: string): Promise<void> {
  const life = await lifeOf(context, threadId);
  if (life?.ending !== undefined) await deleteLife(context, threadId, life, false);
}

/** Deletions that were cut short. */
export const dropTask: Task = {
  kind: "drop",
  run: async (context, { detail }, hasTime) => endLife(context, detail as Ending, hasTime),
};

/** Noted first, so that `maintain` finishes what is cut short; then done. */
export async function deleteLife(
  context: StoreContext,
  threadId: string,
  life: StoredLife,
  memory: boolean,
): Promise<void> {
  const now = context.now();
  const { owner } = life;
  const ending: Ending = {
    threadId,
    life: endedBy(life),
    memory,
    ...(owner === undefined ? {} : { owner }),
  };
  const subject = `${ending.life} ${threadId}`;
  const work: NotedWork = await noteWork(
    context,
    { kind: dropTask.kind, subject, detail: ending },
    now + DUE_MS,
    now,
  );
  await endLife(context, ending, () => true);
  await endWork(context, work, now);
}

async function lifeOf(context: StoreContext, threadId: string): Promise<StoredLife | undefined> {
  const now = context.now();
  const snapshot = await context.thread(threadId).read([LIFE], now);
  return lifeToEnd(context, snapshot, () => listedOwner(context, { threadId }, now));
}

/** The life that a deletion of the thread ends: 0 for none. */
function endedBy(life: StoredLife | undefined): number {
  return life?.ending ?? life?.revision ?? 0;
}

/** The life that an operation means: the one that it met first. Its record stands in the directory, since the thread's own go with the thread. */
async function meantLife(
  context: StoreContext,
  threadId: string,
  operationId: string,
  life: number,
): Promise<number> {
  const now = context.now();
  const target = JSON.stringify([context.scope.user ?? null, threadId]);
  const key = operationKey("delete", operationId, target);
  const index = context.index("d", shardOf(threadId));
  const expiresAt = now + context.operationTtlMs;
  return transact<number>(index, now, async (): Promise<Decision<number>> => {
    const done = (await index.read([key], now)).get(key);
    if (done) return { answer: done.value() as number };
    const put = { op: "put", key, value: encodeValue(life), expiresAt, expect: "absent" } as const;
    await noteOperationRecords(context, index, { writes: [put] }, now);
    return { writes: [put], landed: () => life };
  });
}
