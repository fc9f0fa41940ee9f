import { decodeText, encodeText } from "../../codec/text.ts";
import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { decodeHead, HEAD } from "../history/record.ts";
import { checkId } from "../operation.ts";
import type { Snapshot } from "../partition.ts";
import type { Thread, ThreadOptions, ThreadStore } from "./contract.ts";
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
      checkOptions(options);
      const { title, metadata } = options;
      const asked = {
        revive: true,
        ...(title === undefined ? {} : { title }),
        ...(metadata === undefined ? {} : { metadata: copyOf(metadata) }),
      };
      await context.ready();
      const life = await ensureThread(context, threadId, asked);
      return (await get(threadId)) ?? threadOf(threadId, life, new Map());
    },
    async get(threadId) {
      checkId("threadId", threadId);
      await context.ready();
      return get(threadId);
    },
  };
}

/** A copy of the caller's own, made when it is given. Throws `UNSUPPORTED_VALUE` for what cannot be kept. */
function copyOf(metadata: NonNullable<ThreadOptions["metadata"]>): typeof metadata {
  return decodeText(encodeText(metadata)) as typeof metadata;
}

function checkOptions({ title, metadata }: ThreadOptions): void {
  if (title !== undefined && typeof title !== "string")
    throw new StorageError("INVALID_ARGUMENT", "A thread's title must be a string.");
  const isData = typeof metadata === "object" && metadata !== null && !Array.isArray(metadata);
  if (metadata !== undefined && !isData)
    throw new StorageError("INVALID_ARGUMENT", "A thread's metadata must be an object.");
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
