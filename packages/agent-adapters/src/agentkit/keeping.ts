import { resultOf, type ToolStepOptions } from "@perdure/inngest-bridge/agent";
import type { KitRun } from "./run.ts";

/**
 * Stores what the steps of tools, routers and hooks give, under the turn and told to nobody: whoever comes to such a step again, because its answer was lost or in another process, gets that. Steps of one
 * name are told apart by their order.
 */
export function keepingOf(run: KitRun, turn: number): NonNullable<ToolStepOptions["keeping"]> {
  const { store, lease } = run.context;
  return ({ id, name = id }) => {
    const call = { id: run.named(`~${id}`), name };
    return async (held, work) => {
      const { result: known } = await store.runs.look(lease, { turn, callId: call.id });
      if (known) return known.content;
      const value = { ...resultOf(call), content: await work() };
      const committed = await held.commit({ result: { turn, value } });
      const stored = committed.status === "committed" ? committed.result : undefined;
      return (stored ?? value).content;
    };
  };
}
