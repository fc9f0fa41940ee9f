import type { CheckedRun, DurableAgent } from "../agent.ts";
import { checkCompatible } from "../compatible.ts";
import type { AgentTool } from "../loop/contract.ts";
import type { Position } from "../loop/position.ts";
import { delegationIn } from "./contract.ts";
import { childRun } from "./childRun.ts";
import { childName } from "./names.ts";

/** Throws `IncompatibleError` where an agent that works for one of the run's calls, and waits, cannot go on from its own state. One that has ended has nothing to go on from. */
export async function checkBelow(
  tools: Readonly<Record<string, AgentTool>>,
  { turn, calls, done }: Position,
  { store, run: { id: runId, threadId, life } }: CheckedRun,
): Promise<void> {
  for (const { id, name, begun } of calls) {
    const delegation = delegationIn(Object.hasOwn(tools, name) ? tools[name] : undefined);
    if (!begun || !delegation || done.includes(id)) continue;
    const child = childName(store, { threadId, life, runId }, turn, id);
    const run = await childRun(store, child.runId);
    if (run && !run.outcome) await checkThere(delegation.agent, { store, run });
  }
}

/** One whose thread is deleted meanwhile has no state that could not be read: its call says what became of it. */
async function checkThere(agent: DurableAgent, { store, run }: CheckedRun): Promise<void> {
  try {
    await checkCompatible(agent, { store, run });
  } catch (error) {
    const now = await childRun(store, run.id);
    if (now?.life === run.life && !now.outcome) throw error;
  }
}
