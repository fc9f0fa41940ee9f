import { ConflictError, StorageError } from "../../errors.ts";
import { checkObject, copyOf } from "../arguments.ts";
import type { StoreContext } from "../context.ts";
import { lifeCheck } from "../life/life.ts";
import { STANDING, standingIn } from "../lease/standing.ts";
import {
  checkId,
  checkOperationId,
  checkWhole,
  operationKey,
  operationWrite,
} from "../operation.ts";
import { type Decision, transact } from "../transact.ts";
import type { AmendOptions, AmendResult } from "./contract.ts";
import { isFinal, runIn, runKey, runOf, runWrite } from "./record.ts";
import { threadOfRun } from "./run-index.ts";

/** Another input in the place of a run's, as `RunStore.amend` says. */
export async function amend(
  context: StoreContext,
  runId: string,
  options: AmendOptions,
): Promise<AmendResult> {
  checkId("runId", runId);
  checkObject("The options of amend", options);
  const { revision: expected, operationId } = options;
  checkWhole("revision", expected, 1);
  checkOperationId(operationId);
  const input = copyOf(options.input);
  await context.ready();
  const now = context.now();
  const threadId = await threadOfRun(context, runId, now);
  if (threadId === undefined) throw noSuchRun(runId);
  const partition = context.thread(threadId);
  const op = operationKey("amend", operationId, runId);
  return transact(partition, now, async (): Promise<Decision<AmendResult>> => {
    const snapshot = await partition.read([op, ...STANDING, runKey(runId)], now);
    const standing = standingIn(context, snapshot);
    const found = runIn(snapshot, runId);
    if (!standing || !found) throw noSuchRun(runId);
    const { record, revision } = found;
    const { life } = standing;
    const run = runOf(threadId, life.revision, found);
    const done = snapshot.get(op);
    if (done) return { answer: { amended: true, revision: done.revision, run } };
    if (isFinal(record.status)) return { answer: { amended: false, revision, run } };
    if (revision !== expected)
      throw new ConflictError(`Run ${runId} is not as it was read; nothing was written.`, {
        key: runKey(runId),
      });
    const amended = { ...record, input };
    return {
      writes: [
        operationWrite(op, null, now, context.operationTtlMs),
        runWrite(amended, revision),
        lifeCheck(life),
      ],
      landed: (landed) => ({
        amended: true,
        revision: landed,
        run: runOf(threadId, life.revision, { record: amended, revision: landed }),
      }),
    };
  });
}

function noSuchRun(runId: string): StorageError {
  return new StorageError("NOT_FOUND", `There is no run ${runId}.`);
}
