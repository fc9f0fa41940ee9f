import type { CheckedRun } from "../agent.ts";
import { checkCompatible } from "../compatible.ts";
import type { AgentTool } from "../loop/contract.ts";
import type { Position } from "../loop/position.ts";
import { delegationIn } from "./contract.ts";
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
    const run = await store.runs.get(child.runId);
    if (run && !run.outcome) await checkCompatible(delegation.agent, { store, run });
  }
}
