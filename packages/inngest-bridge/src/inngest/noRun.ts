import { mayBeOfLife, type Store } from "@perdure/checkpoint-core";
import { unlessDeleted } from "../deleted.ts";
import type { ResumeRequested } from "./events.ts";

/** The execution that asks, and the event that triggered it. */
interface Asking {
  readonly execution: string;
  readonly event: string;
}

/**
 * Why a resume event means no run: its thread, or the life of it that the event is about, has ended (`deleted`), or there is nothing that it could mean (`gone`). An id of a checkpoint tells of which
 * life it is.
 */
export async function noRun(
  store: Store,
  request: ResumeRequested,
  asking: Asking,
): Promise<"deleted" | "gone"> {
  const reason = await unlessDeleted(reasonOf(store, request, asking));
  return reason ?? "deleted";
}

async function reasonOf(
  store: Store,
  { threadId, checkpointId, life }: ResumeRequested,
  asking: Asking,
): Promise<"deleted" | "gone"> {
  const thread = await store.threads.get(threadId);
  if (!thread) return withoutThread(store, threadId, asking);
  if (life !== undefined && life !== thread.life) return "deleted";
  const isOther = checkpointId !== undefined && !mayBeOfLife(checkpointId, thread.life);
  return isOther ? "deleted" : "gone";
}

/** A claim tells a thread that was deleted from one that never was, and writes nothing of either. */
async function withoutThread(
  store: Store,
  threadId: string,
  { execution, event }: Asking,
): Promise<"deleted" | "gone"> {
  const answer = await store.runs.claim(threadId, {
    runId: `none-${execution}`,
    execution,
    operationId: `${execution}:none`,
    event,
    ms: 1,
  });
  return answer.status === "ended" && answer.reason === "deleted" ? "deleted" : "gone";
}
