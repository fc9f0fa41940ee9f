import type { DecideResult, Decision, Run } from "@perdure/checkpoint-core";
import { recordDecision } from "../recordDecision.ts";
import type { RunInput } from "../runInput.ts";
import type { DecideOptions } from "../target.ts";
import type { Bridge } from "./bridge.ts";
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
  const decided = await recordDecision(bridge.agent, store, options, decision);
  const { wake } = decided;
  if (wake) {
    const fields = { ...fieldsOf(await store.runs.get(wake.runId)), ...data };
    await sendResume(bridge, { ...fields, ...wake }, "The decision is recorded");
  }
  return decided;
}

/** What the run's own event carried beside our fields. */
export function fieldsOf(run: Run | undefined): RunInput["fields"] {
  return (run?.input as Partial<RunInput> | undefined)?.fields;
}
