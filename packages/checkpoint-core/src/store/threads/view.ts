import { HEAD as CHECKPOINTS, decodeHead as decodeCheckpoints } from "../checkpoints/schema.ts";
import type { StoreContext } from "../context.ts";
import { decodeHead, HEAD } from "../history/record.ts";
import type { Snapshot } from "../partition.ts";
import { ABOUT, type About, aboutIn } from "../life/about.ts";
import type { Thread } from "./contract.ts";
import { LIFE, type Life, storedLife } from "../life/life.ts";

/** What is read of a thread to tell it. */
export const THREAD: readonly string[] = [LIFE, ABOUT, HEAD, CHECKPOINTS];

/** The thread that a snapshot shows; `undefined` where there is none, or its life is ending. Throws `FORBIDDEN` for another user's. */
export function threadIn(
  context: StoreContext,
  threadId: string,
  snapshot: Snapshot,
): Thread | undefined {
  const life = storedLife(context, snapshot);
  if (!life || life.ending !== undefined) return undefined;
  return threadOf(threadId, life, snapshot);
}

/** A thread of this life. */
export function threadOf(
  threadId: string,
  life: Life,
  snapshot: Snapshot,
  about: About = aboutIn(snapshot),
): Thread {
  const history = decodeHead(snapshot.get(HEAD));
  const checkpoints = snapshot.get(CHECKPOINTS);
  const put = checkpoints ? (decodeCheckpoints(checkpoints).at ?? 0) : 0;
  const { revision, owner, createdAt } = life;
  const active = Math.max(history.at, put);
  return {
    id: threadId,
    life: revision,
    ...(owner === undefined ? {} : { owner }),
    ...about,
    createdAt: new Date(createdAt),
    messageCount: history.count,
    lastActivityAt: new Date(active === 0 ? createdAt : active),
  };
}
