import { isStorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { checkId, checkOperationId, checkWhole, operationKey } from "../operation.ts";
import { ensureThread, LIFE } from "../threads/life.ts";
import { transact } from "../transact.ts";
import { replayAnswer } from "./answer.ts";
import type { Ask } from "./ask.ts";
import type { BeginAnswer, BeginOptions } from "./contract.ts";
import type { RunParts } from "./parts.ts";
import { runIn, runKey } from "./record.ts";
import { answerAsk } from "./rows.ts";
import { type Standing, STANDING, standingIn } from "./standing.ts";

/**
 * A run takes its thread or goes on with it, as the table of rows says; `create` tells `begin` from `claim`. The answer is recorded under its operation, so that two
 * deliveries of one step go the same way.
 */
export async function begin(
  context: StoreContext,
  parts: RunParts,
  threadId: string,
  options: BeginOptions & { readonly create: boolean },
): Promise<BeginAnswer> {
  checkBegin(threadId, options);
  await context.ready();
  const now = context.now();
  const partition = context.thread(threadId);
  const op = operationKey("begin", options.operationId, options.runId);
  try {
    return await transact<BeginAnswer>(partition, now, async () => {
      const keys = [op, ...STANDING, runKey(options.runId)];
      const snapshot = await partition.read(keys, now);
      const done = snapshot.get(op);
      if (done) return { answer: await replayAnswer(parts, threadId, done, now) };
      const standing =
        standingIn(context, snapshot) ?? (await openThread(context, threadId, options, now));
      if ("status" in standing) return { answer: standing };
      if (options.life !== undefined && options.life !== standing.life.revision)
        return { answer: { status: "ended", reason: "deleted" } };
      const run = runIn(snapshot, options.runId);
      const ask: Ask = { context, parts, partition, threadId, options, now, op, standing };
      return answerAsk(run ? { ...ask, run } : ask);
    });
  } catch (error) {
    if (isStorageError(error) && error.code === "DELETED")
      return { status: "ended", reason: "deleted" };
    throw error;
  }
}

/** A thread that is not there: `begin` makes it, for an event that knows no life of it; nothing else can succeed. */
async function openThread(
  context: StoreContext,
  threadId: string,
  { create, life }: BeginOptions & { readonly create: boolean },
  now: number,
): Promise<Standing | BeginAnswer> {
  if (life !== undefined) return { status: "ended", reason: "deleted" };
  const partition = context.thread(threadId);
  if (create) {
    await ensureThread(context, threadId);
    const standing = standingIn(context, await partition.read(STANDING, now));
    return standing ?? { status: "ended", reason: "deleted" };
  }
  // A write of a check alone changes nothing, and tells a thread that was dropped from one that never was.
  await partition.write([{ op: "check", key: LIFE, expect: "absent" }], now);
  return { status: "ended", reason: "gone" };
}

function checkBegin(threadId: string, options: BeginOptions): void {
  checkId("threadId", threadId);
  checkId("runId", options.runId);
  checkId("execution", options.execution);
  checkId("event", options.event);
  checkOperationId(options.operationId);
  checkWhole("ms", options.ms, 1);
  for (const what of ["life", "seen", "retry"] as const)
    if (options[what] !== undefined) checkWhole(what, options[what]);
  if (options.message) checkId("message.id", options.message.id);
}
