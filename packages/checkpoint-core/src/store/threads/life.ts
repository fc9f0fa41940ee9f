import type { Write } from "../../backend/contract.ts";
import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { listThread } from "../directory.ts";
import { encodeValue, type OpenRecord, type Snapshot } from "../partition.ts";
import { transact } from "../transact.ts";
import type { ThreadOptions } from "./contract.ts";

/** The record that names a thread's life by its revision. Written once, when the life begins. */
export const LIFE = "life";
/** Which run has the thread, and which execution works on it. Its revision is the fence. */
export const LEASE = "lease";

/** What the life record holds. */
export interface Life {
  readonly revision: number;
  readonly owner?: string;
  readonly createdAt: number;
  readonly title?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The life that a snapshot shows, once it is sure that the scope's user may see it; `undefined` where the thread is not there. Throws `FORBIDDEN`. */
export function lifeIn(context: StoreContext, snapshot: Snapshot): Life | undefined {
  const record = snapshot.get(LIFE);
  return record && checkOwner(context, decodeLife(record));
}

/**
 * The thread lives: its directory entry is written first, then its `life` and `lease` in one write. A thread that is there already is answered as it is; one
 * that was dropped stays so (`DeletedError`) unless `revive` starts another life on purpose. What cannot be kept is refused before either write.
 */
export async function ensureThread(
  context: StoreContext,
  threadId: string,
  { revive = false, title, metadata }: ThreadOptions & { readonly revive?: boolean } = {},
): Promise<Life> {
  const now = context.now();
  const partition = context.thread(threadId);
  const { user } = context.scope;
  const life = {
    createdAt: now,
    ...(user === undefined ? {} : { owner: user }),
    ...(title === undefined ? {} : { title }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  const writes: readonly Write[] = [
    { op: "put", key: LIFE, value: encodeValue(life), expect: "absent" },
    { op: "put", key: LEASE, value: encodeValue({}), expect: "any" },
  ];
  partition.check(writes);
  return transact(partition, now, async () => {
    const found = lifeIn(context, await partition.read([LIFE], now));
    if (found) return { answer: found };
    await listThread(context, threadId, now);
    return { writes, revive, landed: (revision) => ({ ...life, revision }) };
  });
}

/** Holds a write to the thread's life, and so to its owner. */
export function lifeCheck(life: Life): Write {
  return { op: "check", key: LIFE, expect: life.revision };
}

function decodeLife(record: OpenRecord): Life {
  return { ...(record.value() as Omit<Life, "revision">), revision: record.revision };
}

/** The life, once it is sure that the scope's user may see it. Throws `FORBIDDEN`. */
function checkOwner({ scope }: StoreContext, life: Life): Life {
  if (scope.user !== undefined && life.owner !== scope.user)
    throw new StorageError("FORBIDDEN", "The thread belongs to another user.");
  return life;
}
