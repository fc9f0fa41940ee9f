import { errorResult, resultOf } from "@perdure/inngest-bridge/agent";
import type { ToolResult } from "@perdure/checkpoint-core";
import type { LedgerCall } from "../run/contract.ts";
import { handoffTool } from "./agents.ts";
import { approverOf } from "./approver.ts";
import { Below, currentBelow, insideBelow } from "./below.ts";
import { keptCall, storedCall } from "./calls.ts";
import type { ZiroAgent, ZiroRunResult } from "./contract.ts";
import { install } from "./install.ts";
import { modelInRun } from "./model.ts";
import { currentRun, type ZiroRun } from "./run.ts";
import { isSuspension, waitingIn } from "./snapshot.ts";
import type { Spent } from "./spending.ts";

/** Whether the tool hands over to an agent that was named: what it does is made of steps, and is none itself. */
export function isMadeOfSteps({ agents }: ZiroRun, tool: string): boolean {
  return agents.below.some(({ agent }) => handoffTool(agent.name) === tool);
}

/** Hands over, where that is not stored as done: afterwards its end is known to the run. True where somebody below waits for a person. */
export async function handOver(
  run: ZiroRun,
  { id, name }: LedgerCall,
  execute: () => unknown,
): Promise<boolean> {
  if (await storedCall(run, currentBelow(), id)) return false;
  const below = new Below(id);
  try {
    const content = await insideBelow(below, async () => execute());
    if (below.agent === undefined) throw run.break(another(name));
    run.handed.set(id, { content: content ?? null, spent: below.spending.spent });
  } catch (error) {
    if (isSuspension(error) && below.agent === undefined) run.break(another(name));
    else if (isSuspension(error)) {
      run.waiting.set(id, waitingIn(run, below, error.snapshot));
      return true;
    }
    run.handed.set(id, { error });
  }
  return false;
}

/** The result of a call that has handed over. */
export async function handedOver(run: ZiroRun, call: LedgerCall): Promise<ToolResult> {
  const above = currentBelow();
  const handed = run.handed.get(call.id);
  if (handed && "error" in handed && isPassedOn(run, handed.error)) throw handed.error;
  const result = await keptCall(run, above, call, async () => {
    if (!handed) throw new Error(`The call ${call.id} of "${call.name}" has not been begun.`);
    if (!("error" in handed))
      return { ...resultOf(call), content: handed.content, extra: { spent: handed.spent } };
    const { error } = handed;
    return errorResult(call, error instanceof Error ? error.message : String(error));
  });
  const { spent } = (result.extra ?? {}) as { readonly spent?: Spent };
  if (spent) (above ?? run).spending.include(spent);
  return result;
}

/** What Ziro makes more of than a tool's error, and what has ended the pass. */
function isPassedOn(run: ZiroRun, error: unknown): boolean {
  run.check();
  const { name } = error instanceof Error ? error : {};
  return name === "BudgetExceededError" || name === "HandoffLoopError";
}

const hosted = new WeakSet<object>();

/** From now on the agent works for a run where it is handed over to in one; anywhere else it does what it did. */
export function installRun(agent: ZiroAgent): void {
  if (hosted.has(agent)) return;
  const work = agent.run.bind(agent);
  const value = async (asked: object): Promise<ZiroRunResult> => {
    const run = currentRun();
    const below = currentBelow();
    const known = run?.agents.below.find((one) => one.agent === agent);
    if (!run || !known || !below || below.agent !== undefined) return work(asked);
    below.agent = agent.name;
    const { threadId, options } = run.context;
    const { toolBudget } = options;
    return work({
      ...asked,
      threadId,
      approver: approverOf(run, below),
      prepareStep: async (step: never) => {
        const prepared = ((await known.prepareStep?.(step)) ?? {}) as { readonly model?: never };
        return { ...prepared, model: modelInRun(run, below, prepared.model ?? known.model) };
      },
      // It is at work ahead of its call, as Ziro sees it, and so outside of what that may use.
      ...(toolBudget === undefined ? {} : { budget: { ...toolBudget, onExceed: "throw" } }),
    });
  };
  install(`The agent "${agent.name}"`, agent, "run", { value });
  hosted.add(agent);
}

function another(tool: string): Error {
  return new Error(
    `"${tool}" hands over to another agent than the one of that name in \`handoffs\`, which has done its work without steps.`,
  );
}
