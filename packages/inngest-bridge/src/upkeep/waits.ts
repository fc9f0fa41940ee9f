import { isStorageError, type Store, type ThreadStanding } from "@perdure/checkpoint-core";
import { unlessDeleted } from "../deleted.ts";
import { closeLost } from "../subagents/lost.ts";
import { storeFor } from "./suspects.ts";
import { type WakeEvent, wakeOf } from "./wakes.ts";

/** What came of a look at those that wait for people. */
export interface Waits {
  /** Wakes those for which something was closed. */
  readonly events: readonly WakeEvent[];
  /** Which could not be looked at, and why. */
  readonly failed: readonly string[];
}

/**
 * Looks whether whom people are asked for waits at all: the thread of an agent below may have been deleted, or its run ended by the store's own cancel, which tell nobody. What is asked for those is
 * closed. One that cannot be looked at is told, and keeps nobody else from it.
 */
export async function closeWaits(
  { store }: { readonly store: Store },
  threads: readonly ThreadStanding[],
  eventId: (about: readonly (string | undefined)[]) => string,
): Promise<Waits> {
  const events: WakeEvent[] = [];
  const failed: string[] = [];
  for (const standing of threads) {
    if (standing.state !== "waiting") continue;
    const { run, tenant, threadId } = standing;
    try {
      if (!(await unlessDeleted(closeLost(storeFor(store, standing), run)))) continue;
      const wake = wakeOf(run, eventId([tenant, threadId, run.id, "closed"]));
      if (wake) events.push(wake);
    } catch (error) {
      if (!isStorageError(error) || error.retryable || error.code === "CLOSED") throw error;
      failed.push(`${threadId} ${error.code} ${error.message}`);
    }
  }
  return { events, failed };
}
