import type { DurableAgent } from "../agent.ts";
import { anothersRun } from "../compatible.ts";
import { unlessDeleted } from "../deleted.ts";
import type { Host } from "../host.ts";
import type { ResumeRequested } from "../inngest/events.ts";
import { meantRun } from "../inngest/request.ts";
import { isFinal } from "../report.ts";
import type { RunInput } from "../runInput.ts";
import { topRun } from "../subagents/above.ts";
import { delegatedBy } from "../subagents/names.ts";

/** Refuses what is brought for another agent's run, ahead of all writes (`IncompatibleError`). One that has ended answers whoever asks, and so does one that has failed and worked for a run that is over: nobody goes on with it. */
export async function refuseAnothersRun(
  { store, wake }: Host,
  { name }: DurableAgent,
  request: ResumeRequested,
): Promise<void> {
  const meant = await unlessDeleted(meantRun(store, request));
  const found = meant && (await unlessDeleted(store.runs.get(meant.runId)));
  const run = found && (await topRun(store, found, wake));
  if (!run || isFinal(run) || (run.outcome && delegatedBy(run))) return;
  const { agent } = (run.input ?? {}) as Partial<RunInput>;
  if (agent !== undefined && agent !== name) throw anothersRun(run.id, agent, name);
}
