import { isStorageError, type Run, type Store } from "@perdure/checkpoint-core";
import type { Host } from "../host.ts";
import type { RunInput } from "../runInput.ts";

/** What the ids of messages that follow-ups bring begin with: they are no replies. */
export const FOLLOW_UP_MESSAGE = "perdure:follow-up:";

/** Why a follow-up is called off. */
export const REPLIED = "The user has replied.";

const PAGE = 100;

/** Whether the user has said something on the thread after this place of its history. */
export async function hasReplied(
  { history }: Pick<Store, "history">,
  threadId: string,
  since: string | undefined,
): Promise<boolean> {
  // A reply is most likely at the end, and what came since is little in most threads.
  for (let before: string | undefined; ; ) {
    const range = { limit: PAGE, ...(since === undefined ? {} : { after: since }) };
    const entries = await history.read(
      threadId,
      before === undefined ? range : { ...range, before },
    );
    if (entries.some(({ id, value }) => isUsers(value) && !id.startsWith(FOLLOW_UP_MESSAGE)))
      return true;
    if (entries.length < PAGE) return false;
    before = entries[0]?.cursor;
  }
}

function isUsers(value: unknown): boolean {
  return typeof value === "object" && value !== null && "role" in value && value.role === "user";
}

/**
 * A follow-up that has not begun is called off where the user has replied. The thread is reserved for it when this is asked, or taken by others: what the user says from here on comes after it.
 */
export async function callOffAnswered(
  { store, wake }: Pick<Host, "store" | "wake">,
  { id, threadId, life, status, input }: Run,
): Promise<void> {
  const { unlessReplied } = (input ?? {}) as Partial<RunInput>;
  if (status !== "queued" || !unlessReplied) return;
  if (!(await hasReplied(store, threadId, unlessReplied.since))) return;
  const { next } = await store.runs.cancel(id, { reason: REPLIED });
  if (next) await wake({ threadId, life, ...next });
}

/** Where the history of a thread ends; `undefined` where it is empty, or the thread is not there. */
export async function endOfHistory(
  { history }: Pick<Store, "history">,
  threadId: string,
): Promise<string | undefined> {
  try {
    return (await history.read(threadId, { limit: 1 })).at(-1)?.cursor;
  } catch (error) {
    if (isStorageError(error) && error.code === "DELETED") return undefined;
    throw error;
  }
}
