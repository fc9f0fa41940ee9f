import { DeletedError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import type { About } from "../life/about.ts";
import type { Thread } from "./contract.ts";
import { finishEnding } from "./delete.ts";
import { ensureThread } from "../life/life.ts";
import { THREAD, threadIn, threadOf } from "./view.ts";

/** Deletions of the thread that a creation sees to their end before it gives up. */
const MAX_ENDINGS = 20;

/** The thread lives, as it is told; see `ThreadStore.create`. One whose deletion is under way or was cut short is deleted first. */
export async function createThread(
  context: StoreContext,
  threadId: string,
  about: About,
): Promise<Thread> {
  const asked = Object.keys(about).length === 0 ? { revive: true } : { revive: true, about };
  for (let endings = 0; ; endings += 1) {
    try {
      const life = await ensureThread(context, threadId, asked);
      const snapshot = await context.thread(threadId).read(THREAD, context.now());
      return threadIn(context, threadId, snapshot) ?? threadOf(threadId, life, new Map(), about);
    } catch (error) {
      if (!(error instanceof DeletedError) || endings === MAX_ENDINGS) throw error;
      await finishEnding(context, threadId);
    }
  }
}
