import { IncompatibleError } from "../../errors.ts";
import { landedApprovals } from "../approvals/ask.ts";
import { operationWrite, THIS_WRITE } from "../operation.ts";
import type { OpenRecord } from "../partition.ts";
import type { Decision } from "../transact.ts";
import type { Ask } from "./ask.ts";
import type { BeginAnswer } from "./contract.ts";
import type { RunParts } from "./parts.ts";
import { landedRun } from "./record.ts";
import { lifeCheck } from "../life/life.ts";

/** An answer that changes nothing but is recorded, so that another delivery of the step does not get a better one. */
export function note(ask: Ask, answer: BeginAnswer): Decision<BeginAnswer> {
  const { op, now, context, standing } = ask;
  return {
    writes: [operationWrite(op, answer, now, context.operationTtlMs), lifeCheck(standing.life)],
    landed: (revision) => landedAnswer(answer, revision),
  };
}

/** The first answer to an operation. Its record leaves out the state, which the checkpoint holds. */
export async function replayAnswer(
  parts: RunParts,
  threadId: string,
  done: OpenRecord,
  now: number,
): Promise<BeginAnswer> {
  const answer = landedAnswer(done.value() as BeginAnswer, done.revision);
  if (answer.status !== "leased" || answer.run.checkpointId === undefined) return answer;
  const state = await parts.state(threadId, answer.run.checkpointId, now);
  if (!state) throw goneCheckpoint(answer.run.checkpointId, answer.run.id);
  return { ...answer, ...state };
}

/** The run cannot be gone on with: its state is not there any more. */
export function goneCheckpoint(checkpointId: string, runId: string): IncompatibleError {
  return new IncompatibleError(
    `Checkpoint ${checkpointId} of run ${runId} is gone: the run can only be cancelled.`,
  );
}

/** The answer with the revision of the write that recorded it, where it stands for that write. */
export function landedAnswer(answer: BeginAnswer, revision: number): BeginAnswer {
  if (!("run" in answer)) return answer;
  const run = landedRun(answer.run, revision);
  if (answer.status === "waiting")
    return { ...answer, run, pending: landedApprovals(answer.pending, revision) };
  if (answer.status !== "leased") return { ...answer, run };
  const { lease } = answer;
  return {
    ...answer,
    run,
    lease: lease.fence === THIS_WRITE ? { ...lease, fence: revision } : lease,
  };
}
