import type { Run, ToolCall, ToolResult } from "@perdure/checkpoint-core";
import { holdingProblem } from "../budget/holding.ts";
import type { Budget } from "../budget/contract.ts";
import { leftFor } from "../budget/left.ts";
import { spentAt, tallyBeside } from "../budget/spending.ts";
import { unlessDeleted } from "../deleted.ts";
import { startOf } from "../incoming.ts";
import { definedOnly } from "../inngest/asked.ts";
import { readCall } from "../loop/asked.ts";
import { tallyAt } from "../loop/count.ts";
import { errorResult } from "../loop/result.ts";
import type { RunOptions } from "../runOptions.ts";
import { plus } from "../stats/tally.ts";
import { checkInput } from "../loop/schema.ts";
import { describe } from "../steps/failure.ts";
import type { Ask } from "../take.ts";
import type { RunInput } from "../runInput.ts";
import type { Delegated } from "./delegated.ts";
import { goneText } from "./result.ts";

/** How the agent's run begins; or the call's result, where it does not. */
export async function beginningOf(delegated: Delegated): Promise<Ask | ToolResult> {
  const { delegation, context, due, handed } = delegated;
  const { agent, maxDepth } = delegation;
  const { call } = due;
  // It had asked for something, so it had begun.
  if (handed.length > 0) return errorResult(call, goneText(agent.name));
  const { asked, instead } = await readCall(context, due);
  if (instead) return instead;
  const above = context.depth + 1;
  if (above > maxDepth)
    return errorResult(
      call,
      `The agent "${agent.name}" was not asked: ${maxDepth} agents may stand above it, and here it would be ${above}.`,
    );
  const said = await promptOf(delegated, asked);
  if (!("prompt" in said)) return errorResult(call, `The input is not valid: ${said.problem}`);
  const budget = await budgetFor(delegated);
  const problem = budget && holdingProblem(agent, budget);
  return problem === undefined
    ? beginning(delegated, said.prompt, budget)
    : errorResult(call, `The agent "${agent.name}" was not asked: ${problem}`);
}

/** What the agent may use up: what is left to the run that calls. Several that begin in one turn get the same. */
async function budgetFor({ context, due }: Delegated): Promise<Budget | undefined> {
  const { store, lease, options } = context;
  if (!options.budget && !options.toolBudget) return undefined;
  const { answer, results: found } = await store.runs.turn(lease, due.turn);
  const results = [...found.values()];
  const tally = plus(tallyAt(answer), tallyBeside(results));
  return leftFor(options, spentAt(context, { turn: due.turn, answer, results, tally }));
}

async function promptOf(
  { tool, delegation }: Delegated,
  { input }: ToolCall,
): Promise<{ readonly prompt: string } | { readonly problem: string }> {
  try {
    const checked = await checkInput(tool.parameters, input);
    if (!checked.ok) return { problem: `${checked.problem}.` };
    return { prompt: delegation.promptOf(checked.input) };
  } catch (error) {
    return { problem: describe(error).message };
  }
}

async function beginning(
  delegated: Delegated,
  prompt: string,
  budget: Budget | undefined,
): Promise<Ask> {
  const { delegation, context, due, child } = delegated;
  const { store, lease, depth, options } = context;
  const { threadId, runId, life } = lease;
  const { wakeBy, fields } = ((await store.runs.get(runId))?.input ?? {}) as Partial<RunInput>;
  const handed: RunOptions = definedOnly({
    requireToolApproval: options.requireToolApproval,
    budget,
  });
  const input: RunInput = {
    agent: delegation.agent.name,
    prompt,
    depth: depth + 1,
    delegatedBy: { threadId, runId, life, turn: due.turn, callId: due.call.id },
    ...(wakeBy === undefined ? {} : { wakeBy }),
    ...(fields === undefined ? {} : { fields }),
    ...(Object.keys(handed).length === 0 ? {} : { options: handed }),
  };
  const message = { id: startOf(child.runId), value: { role: "user", content: prompt } };
  return { ...child, verb: "begin", event: child.runId, whenBusy: "reject", input, message };
}

/** How a run goes on that has begun. */
export function claimOf({ id: runId, threadId, life }: Run): Ask {
  return { verb: "claim", threadId, runId, life, event: runId };
}

/** The checkpoint at which the agent waits; none where it has something to go on with: a decision on what it asked, or nothing that it asked. */
export async function waitsAt(
  { context, handed }: Delegated,
  { status, threadId, checkpointId }: Run,
): Promise<string | undefined> {
  if (status !== "suspended" || checkpointId === undefined) return undefined;
  const record = await unlessDeleted(context.store.checkpoints.record(threadId, checkpointId));
  const { asked = [], turn } = (record?.metadata ?? {}) as Asked;
  const isAsked = ({ callId }: { readonly callId: string }): boolean =>
    handed.some((one) => one.turn === turn && one.callId === callId);
  return asked.length === 0 || asked.some(isAsked) ? undefined : checkpointId;
}

/** What the checkpoint of a run says that works for another one. */
interface Asked {
  readonly turn?: number;
  readonly asked?: readonly { readonly callId: string }[];
}
