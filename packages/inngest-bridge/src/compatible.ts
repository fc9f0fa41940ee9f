import { IncompatibleError, isStorageError, type Run } from "@perdure/checkpoint-core";
import type { CheckedRun, DurableAgent } from "./agent.ts";
import type { Host } from "./host.ts";
import { isFinal } from "./report.ts";
import type { RunInput } from "./runInput.ts";
import { callOffAnswered } from "./upkeep/replied.ts";

/**
 * Finds out before the run is claimed whether this deployment can go on with it, so that one that can still may: another agent's run, a checkpoint that is gone or that the agent
 * cannot read. A queued run that nobody can work on leaves its place to the next.
 */
export async function refuseIncompatible(host: Host, agent: DurableAgent, run: Run): Promise<void> {
  const { store } = host;
  if (isFinal(run)) return;
  refuseAnothers(host, agent, run);
  try {
    await checkCompatible(agent, { store, run });
  } catch (error) {
    if (!isStorageError(error) || error.code !== "INCOMPATIBLE") throw error;
    const { next } = await store.runs.incompatible(run.id, { message: error.message });
    if (next) await host.wake({ threadId: run.threadId, life: run.life, ...next });
    throw error;
  }
  await callOffAnswered(host, run);
}

/** Another agent's run stays as it is, whoever asks for it here: its own agent can go on with it. What works for a run here belongs to it. */
function refuseAnothers({ owns, above }: Host, { name }: DurableAgent, run: Run): void {
  const { agent, wakeBy } = (run.input ?? {}) as Partial<RunInput>;
  const isOurs = owns ? owns(run) : wakeBy === undefined || agent === name;
  if (above || isOurs) return;
  throw anothersRun(run.id, agent, name);
}

/** The refusal of a run that was left as it is, because it is another agent's. */
export function anothersRun(
  runId: string,
  agent: string | undefined,
  name: string,
): IncompatibleError {
  return new IncompatibleError(
    `Run ${runId} is one of the agent "${agent}", and this is "${name}": nothing of it was changed.`,
  );
}

/** Throws `IncompatibleError` where the agent cannot go on with the run. */
export async function checkCompatible(
  agent: DurableAgent,
  { store, run }: CheckedRun,
): Promise<void> {
  const { id, threadId, checkpointId, input } = run;
  const wanted = (input as Partial<RunInput> | undefined)?.agent;
  if (wanted !== undefined && wanted !== agent.name)
    throw new IncompatibleError(
      `Run ${id} is one of the agent "${wanted}", and this is "${agent.name}".`,
    );
  if (checkpointId === undefined) return;
  const state = await store.checkpoints.get(threadId, checkpointId);
  if (state === null)
    throw new IncompatibleError(
      `The checkpoint ${checkpointId} that run ${id} goes on from is gone.`,
    );
  await agent.check?.(state, { store, run });
}
