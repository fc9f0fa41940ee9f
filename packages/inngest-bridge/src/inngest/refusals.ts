import {
  checkGiven,
  digestOf,
  isStorageError,
  type Store,
  type StreamPage,
} from "@perdure/checkpoint-core";
import { excerptOf, shownExcerpt } from "../steps/excerpt.ts";
import { describe } from "../steps/failure.ts";

/** A decision that was refused: forged, by someone who may not decide, or for something else than was shown. It has decided nothing. */
export interface RefusedDecision {
  readonly at: Date;
  /** The error that it was refused with. */
  readonly code: string;
  readonly message: string;
  /** What was to be decided, as the sender named it; what is large is shown in part. */
  readonly decisions: unknown;
  /** Who the sender says decides. It is a claim, not a proof. */
  readonly by?: string;
  readonly runId?: string;
  /** The event that brought it; none for a call from code. */
  readonly eventId?: string;
}

const OPTIONS: ReadonlySet<string> = new Set(["from", "limit"]);

/**
 * The decisions on a thread that were refused, in their order, from the one at `from` on (0 when not given), up to `limit` (100 when not given): entries of the thread of their own, which no
 * model reads, kept as long as it lives. None where there were none. The page after them begins at `next`.
 */
export async function refusalsOf(
  store: Store,
  threadId: string,
  options: { readonly from?: number; readonly limit?: number } = {},
): Promise<StreamPage<RefusedDecision>> {
  checkGiven("refusalsOf", { store, threadId }, { store: "store", threadId: "text" });
  checkGiven("refusalsOf", options, {}, OPTIONS);
  const { from = 0, limit = 100 } = options;
  return store.streams.read<RefusedDecision>(streamFor(threadId), from, limit);
}

/** What is kept of a refusal beside its error. */
export type Refused = Omit<RefusedDecision, "at" | "code" | "message">;

/**
 * Keeps a refused decision in its thread. A thread that there is not is not made for it, and one that is being deleted keeps nothing. The same `operationId` keeps it once.
 */
export async function keepRefusal(
  store: Store,
  threadId: string,
  error: unknown,
  { decisions, ...refused }: Refused,
  operationId?: string,
): Promise<void> {
  const thread = await store.threads.get(threadId);
  if (!thread) return;
  const entry: RefusedDecision = {
    at: new Date(),
    code: isStorageError(error) ? error.code : "INVALID_ARGUMENT",
    message: describe(error).message,
    decisions: shownExcerpt(excerptOf(decisions)),
    ...refused,
  };
  const named = operationId === undefined ? {} : { operationId };
  try {
    const whose = { threadId, life: thread.life, ...named };
    await store.streams.append(streamFor(threadId), [entry], whose);
  } catch (failure) {
    if (!isStorageError(failure) || failure.code !== "DELETED") throw failure;
  }
}

const REFUSALS = new Set<string>(["FORBIDDEN", "INVALID_ARGUMENT", "NOT_FOUND"]);

/** Whether an error says that a decision is none that counts, in which case it is kept; not that its run has ended, or that the store failed. */
export function isRefusedDecision(error: unknown): boolean {
  return isStorageError(error) && REFUSALS.has(error.code);
}

// A store takes ids of 4,096 units, and this one is a thread's with a word before it.
const MAX_ID_UNITS = 2048;

function streamFor(threadId: string): string {
  const isShort = threadId.length <= MAX_ID_UNITS;
  return `refused:${isShort ? threadId : `~${digestOf(threadId).slice(0, 32)}`}`;
}
