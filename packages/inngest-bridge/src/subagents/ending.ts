import type { ToolResult } from "@perdure/checkpoint-core";
import type { HeldStep } from "../agent.ts";
import { unlessDeleted } from "../deleted.ts";
import { errorResult, keepResult, storedResult } from "../loop/result.ts";
import { tellRest } from "../streams/stepStream.ts";
import { childRun } from "./childRun.ts";
import type { Delegated } from "./delegated.ts";
import { childResult, failedText } from "./result.ts";

/** Why an agent's work broke off. */
export interface Failure {
  readonly name: string;
  readonly message: string;
}

/** Stores what came of the agent's run as the call's result; a failure is recorded as that of its run first. */
export async function keepAnswer(
  delegated: Delegated,
  held: HeldStep,
  failure: Failure | undefined,
): Promise<void> {
  const { context, due } = delegated;
  if (await storedResult(context, held, due.turn, due.call.id)) return;
  if (failure) await recordFailure(delegated, failure);
  await keepResult(context, held, due.turn, await resultOf(delegated, failure));
}

async function recordFailure({ context, child, host }: Delegated, error: Failure): Promise<void> {
  const { store, lease } = context;
  const { threadId, runId } = child;
  const outcome = { status: "failed", error } as const;
  const noticed = { runId, execution: lease.execution, outcome };
  const settled = await unlessDeleted(store.runs.notice(threadId, noticed));
  if (settled?.next) await host.wake({ threadId, life: settled.run.life, ...settled.next });
  if (settled) await tellRest(host.publisher, store, settled.run);
}

async function resultOf(
  { context, due, child, delegation }: Delegated,
  failure: Failure | undefined,
): Promise<ToolResult> {
  const { call } = due;
  const { name } = delegation.agent;
  const run = await childRun(context.store, child.runId);
  if (!run || run.outcome) return childResult(call, name, run);
  if (failure) return errorResult(call, failedText(name, failure));
  // Whoever works on it has the run above it too, and this step is about to lose that.
  throw new Error(`The run ${run.id} is ${run.status}, and this execution does not work on it.`);
}
