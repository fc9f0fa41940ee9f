import type { DecideResult, Decision, Run, Store } from "@perdure/checkpoint-core";
import { recordDecision } from "../recordDecision.ts";
import type { RunInput } from "../runInput.ts";
import type { DecideOptions } from "../target.ts";
import type { Bridge } from "./bridge.ts";
import { refuseOthers } from "./owning.ts";
import { scoped } from "./scope.ts";
import { checkData, sendResume } from "./sending.ts";

/** The decision is recorded, or the first one stands; the resume event is sent in both cases, under an id of its own, because an earlier one may have been lost. */
export async function decide(
  bridge: Bridge,
  options: DecideOptions,
  decision: Decision,
): Promise<DecideResult> {
  const { scope, data = {} } = options;
  checkData(data);
  const store = scoped(bridge, { scope });
  const agent = agentFor(bridge, store);
  const decided = await recordDecision(agent, store, options, decision);
  const { wake } = decided;
  const run = wake && (await store.runs.get(wake.runId));
  if (run) await sendResume(bridge, run, { ...fieldsOf(run), ...data, ...wake }, RECORDED);
  return decided;
}

const RECORDED = "The decision is recorded";

/** What looks at a decision's own input: of another agent's tool this one knows nothing. */
function agentFor(bridge: Bridge, store: Store): Parameters<typeof recordDecision>[0] {
  const { agent } = bridge;
  return {
    async checkInput(tool, input, runId) {
      const run = await store.runs.get(runId);
      if (run) refuseOthers(bridge, run, "an input in place of the model's is given to that agent");
      return (await agent.checkInput?.(tool, input)) ?? { ok: true, input };
    },
  };
}

/** What the run's own event carried beside our fields. */
export function fieldsOf(run: Run | undefined): RunInput["fields"] {
  return (run?.input as Partial<RunInput> | undefined)?.fields;
}
