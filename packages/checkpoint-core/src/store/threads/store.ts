import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import {
  checkId,
  doneIn,
  operationKeys,
  operationOf,
  type OperationOptions,
  operationWrites,
} from "../operation.ts";
import { type Decision, transact } from "../transact.ts";
import {
  ABOUT,
  type About,
  aboutIn,
  aboutWrite,
  changed,
  checkAbout,
  checkAboutChange,
} from "../life/about.ts";
import type { Thread, ThreadStore, ThreadUpdate } from "./contract.ts";
import { createThread } from "./create.ts";
import { deleteThread, type EraseMemory } from "./delete.ts";
import { lifeCheck, lifeIn } from "../life/life.ts";
import { listThreads } from "./list.ts";
import { THREAD, threadIn, threadOf } from "./view.ts";

/** The threads of one scope. */
export function threadStore(context: StoreContext, eraseMemory: EraseMemory): ThreadStore {
  return {
    async create(threadId, options = {}) {
      checkId("threadId", threadId);
      const about = checkAbout(options);
      await context.ready();
      return createThread(context, threadId, about);
    },
    async get(threadId) {
      checkId("threadId", threadId);
      await context.ready();
      const snapshot = await context.thread(threadId).read(THREAD, context.now());
      return threadIn(context, threadId, snapshot);
    },
    list: async (range = {}) => listThreads(context, range),
    update: async (threadId, update, options = {}) =>
      updateThread(context, threadId, update, options),
    delete: async (threadId, options = {}) => deleteThread(context, threadId, options, eraseMemory),
  };
}

async function updateThread(
  context: StoreContext,
  threadId: string,
  update: ThreadUpdate,
  options: OperationOptions,
): Promise<Thread> {
  checkId("threadId", threadId);
  const change = checkAboutChange(update);
  const operation = operationOf("update", options, () => change);
  await context.ready();
  const now = context.now();
  const partition = context.thread(threadId);
  const keys = [...operationKeys(operation), ...THREAD];
  return transact<Thread>(partition, now, async (): Promise<Decision<Thread>> => {
    const snapshot = await partition.read(keys, now);
    const life = lifeIn(context, snapshot);
    if (!life) throw new StorageError("NOT_FOUND", "There is no such thread to update.");
    const done = doneIn(snapshot, operation);
    if (done) return { answer: threadOf(threadId, life, snapshot, done.value() as About) };
    const about = changed(aboutIn(snapshot), change);
    return {
      writes: [
        ...operationWrites(operation, about, now, context.operationTtlMs),
        lifeCheck(life),
        aboutWrite(about, snapshot.get(ABOUT)?.revision ?? "absent"),
      ],
      landed: () => threadOf(threadId, life, snapshot, about),
    };
  });
}
