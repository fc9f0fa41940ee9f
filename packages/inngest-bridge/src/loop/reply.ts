import type { Run } from "@perdure/checkpoint-core";
import type { AgentContext } from "../agent.ts";
import type { AgentLoopOptions, LoopOutput } from "./contract.ts";
import { idempotencyKey } from "./key.ts";

/**
 * Hands the run's output to whoever is to be replied to, in a step of its own behind the one that ended the run: a run that was taken over or superseded never gets here. It is tried again as
 * the function says; when that is used up the function fails, and the run stands as completed.
 */
export async function reply(
  { onReply }: Pick<AgentLoopOptions, "onReply">,
  context: AgentContext,
  turn: number,
): Promise<void> {
  if (!onReply) return;
  const { store, lease, threadId, runId } = context;
  const key = `${idempotencyKey(store, lease, turn)}:reply`;
  await context.afterwards({ id: "reply" }, async () => {
    const output = outputOf(await store.runs.get(runId));
    // Its thread was deleted in between: there is nobody left to reply to.
    if (output) await onReply(output, { threadId, runId, idempotencyKey: key });
  });
}

/** What a run of the loop has given, as it is stored. */
function outputOf(run: Run | undefined): LoopOutput | undefined {
  return run?.outcome?.status === "completed" ? (run.outcome.output as LoopOutput) : undefined;
}
