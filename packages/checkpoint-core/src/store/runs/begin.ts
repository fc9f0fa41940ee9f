import { isStorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { checkId, checkOperationId, checkWhole, operationKey } from "../operation.ts";
import { ensureThread, LIFE } from "../life/life.ts";
import { type Decision, transact } from "../transact.ts";
import { replayAnswer } from "./answer.ts";
import { checkObject, copyOf } from "../arguments.ts";
import { checkWhenBusy } from "./arguments.ts";
import type { Ask } from "./ask.ts";
import type { BeginAnswer, BeginOptions } from "./contract.ts";
import { firstWrites } from "./leasing.ts";
import type { RunParts } from "./parts.ts";
import { checkMessage, copyMessage, runIn, runKey } from "./record.ts";
import { answerAsk } from "./rows.ts";
import { forgetUnrecorded, refuseTaken } from "./run-index.ts";
import { STANDING, standingIn } from "../lease/standing.ts";

/**
 * A run takes its thread or goes on with it, as the table of rows says; `create` tells `begin` from `claim`. The answer is recorded under its operation, so that two
 * deliveries of one step go the same way.
 */
export async function begin(
  context: StoreContext,
  parts: RunParts,
  threadId: string,
  given: Asked,
): Promise<BeginAnswer> {
  checkBegin(threadId, given);
  const options = copyAsked(given);
  await context.ready();
  const now = context.now();
  const partition = context.thread(threadId);
  const op = operationKey("begin", options.operationId, options.runId);
  const plan = async (): Promise<Decision<BeginAnswer>> => {
    const keys = [op, ...STANDING, runKey(options.runId)];
    const snapshot = await partition.read(keys, now);
    const standing = standingIn(context, snapshot);
    if (options.life !== undefined && options.life !== standing?.life.revision) return deleted;
    const done = snapshot.get(op);
    if (done) return { answer: await replayAnswer(parts, threadId, done, now) };
    if (!standing && !options.create) return gone;
    const asking = { context, parts, partition, threadId, options, now, op };
    if (!standing) {
      partition.check(firstWrites(asking));
      await refuseTaken(context, options.runId, threadId, now);
      await ensureThread(context, threadId);
      return plan();
    }
    const run = runIn(snapshot, options.runId);
    const ask: Ask = { ...asking, standing };
    return answerAsk(run ? { ...ask, run } : ask);
  };
  try {
    return await transact(partition, now, plan);
  } catch (error) {
    await forgetUnrecorded(context, { runId: options.runId, threadId, error }, now);
    if (isStorageError(error) && error.code === "DELETED") return deleted.answer;
    throw error;
  }
}

type Asked = BeginOptions & { readonly create: boolean };

/** The question with copies of what is stored of it. */
function copyAsked({ input, message, ...asked }: Asked): Asked {
  return {
    ...asked,
    ...(input === undefined ? {} : { input: copyOf(input) }),
    ...(message === undefined ? {} : { message: copyMessage(message) }),
  };
}

const deleted = { answer: { status: "ended", reason: "deleted" } } as const;

/** Nothing of the thread is there. A write of a check alone changes nothing, and tells one that was dropped from one that never was. */
const gone: Decision<BeginAnswer> = {
  writes: [{ op: "check", key: LIFE, expect: "absent" }],
  landed: () => ({ status: "ended", reason: "gone" }),
};

function checkBegin(threadId: string, options: BeginOptions): void {
  checkId("threadId", threadId);
  checkObject("The options of begin", options);
  checkId("runId", options.runId);
  checkId("execution", options.execution);
  checkId("event", options.event);
  checkOperationId(options.operationId);
  checkWhole("ms", options.ms, 1);
  for (const what of ["life", "seen", "retry"] as const)
    if (options[what] !== undefined) checkWhole(what, options[what]);
  checkMessage(options.message);
  checkWhenBusy(options.whenBusy);
}
