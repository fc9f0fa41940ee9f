import type { Write } from "../backend/contract.ts";
import { ConflictError, ContentionError } from "../errors.ts";
import type { Partition } from "./partition.ts";

/** What a plan decided after reading: the answer is there already, or these entries make it so. */
export type Decision<T> = { readonly answer: T } | Plan<T>;

/** Entries of one write, and what is true when they have landed. */
export interface Plan<T> {
  readonly writes: readonly Write[];
  readonly revive?: boolean;
  /** The call's answer, from the revision that the write made. */
  landed(revision: number): T;
  /** An error that a conflict on this key means; without one the plan is made again from a fresh read. */
  conflict?(error: ConflictError): Error | undefined;
}

/** Tries of one call before it gives up with `ContentionError`. 64 writers of one record need 64 in the worst case. */
const MAX_TRIES = 200;

/**
 * Reads, decides and writes until the write lands: the only loop of its kind. `plan` is called again, with the number of the try, after a conflict that it does
 * not name as final. Waits a few jittered milliseconds between tries once they have become many.
 */
export async function transact<T>(
  partition: Partition,
  now: number,
  plan: (attempt: number) => Promise<Decision<T>>,
): Promise<T> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const decision = await plan(attempt);
    if ("answer" in decision) return decision.answer;
    const outcome = await tryWrite(partition, now, decision);
    if (outcome instanceof ConflictError) {
      const final = decision.conflict?.(outcome);
      if (final) throw final;
      if (attempt > 2) await pause(attempt);
    } else {
      return decision.landed(outcome.revision);
    }
  }
  throw new ContentionError(
    `Other writers were faster ${MAX_TRIES} times in a row; nothing was written.`,
  );
}

/** Whether a write lands; false where something is not as it was read, so that nothing was written. */
export async function lands(
  { partition, now }: { readonly partition: Partition; readonly now: number },
  writes: readonly Write[],
): Promise<boolean> {
  try {
    await partition.write(writes, now);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}

async function tryWrite<T>(
  partition: Partition,
  now: number,
  { writes, revive = false }: Plan<T>,
): Promise<{ readonly revision: number } | ConflictError> {
  try {
    return await partition.write(writes, now, { revive });
  } catch (error) {
    if (error instanceof ConflictError) return error;
    throw error;
  }
}

/** Up to 1 ms a try so far, at most 20: enough for a racer to finish its write. The jitter orders nothing. */
function pause(attempt: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.random() * Math.min(attempt, 20));
  });
}
