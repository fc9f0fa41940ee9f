import type { StoreContext } from "../context.ts";
import { decodeHead, HEAD } from "../history/record.ts";
import { checkId } from "../operation.ts";
import type { Snapshot } from "../partition.ts";
import type { Thread, ThreadStore } from "./contract.ts";
import { ensureThread, LIFE, type Life, lifeIn } from "./life.ts";

/** The threads of one scope. */
export function threadStore(context: StoreContext): ThreadStore {
  const get = async (threadId: string): Promise<Thread | undefined> => {
    const snapshot = await context.thread(threadId).read([LIFE, HEAD], context.now());
    const life = lifeIn(context, snapshot);
    return life && threadOf(threadId, life, snapshot);
  };
  return {
    async create(threadId, options = {}) {
      checkId("threadId", threadId);
      await context.ready();
      const life = await ensureThread(context, threadId, { ...options, revive: true });
      return (await get(threadId)) ?? threadOf(threadId, life, new Map());
    },
    async get(threadId) {
      checkId("threadId", threadId);
      await context.ready();
      return get(threadId);
    },
  };
}

function threadOf(threadId: string, life: Life, snapshot: Snapshot): Thread {
  const head = decodeHead(snapshot.get(HEAD));
  const createdAt = new Date(life.createdAt);
  return {
    id: threadId,
    life: life.revision,
    ...(life.owner === undefined ? {} : { owner: life.owner }),
    ...(life.title === undefined ? {} : { title: life.title }),
    ...(life.metadata === undefined ? {} : { metadata: life.metadata }),
    createdAt,
    messageCount: head.count,
    lastActivityAt: head.at === 0 ? createdAt : new Date(head.at),
  };
}
