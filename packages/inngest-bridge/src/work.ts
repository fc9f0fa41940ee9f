import { type Approval, IncompatibleError, isStorageError } from "@perdure/checkpoint-core";
import type { AgentContext, AgentOutcome, DurableAgent, Taken } from "./agent.ts";
import { callAfterRun } from "./calling.ts";
import { contextOf, Lost } from "./held.ts";
import type { Host } from "./host.ts";
import type { ApprovalSummary, RunReport } from "./report.ts";
import type { RunOptions } from "./runOptions.ts";
import { shortened } from "./shortened.ts";
import { goOnElsewhere, suspend } from "./suspending.ts";
import type { CarriedDecisions } from "./carried.ts";
import { type Ask, take, type TakenRun } from "./take.ts";
import type { RunInput } from "./runInput.ts";
import { waitHere } from "./waiting.ts";

/**
 * Takes a run and works on it until it ends or waits for somebody; where the host says so, it waits itself and goes on. Everything that it does is in steps; what it answers is what is
 * stored.
 */
export async function work(host: Host, agent: DurableAgent, ask: Ask): Promise<RunReport> {
  const { runId, threadId } = ask;
  const { waiting } = host;
  let taken = await take(host, agent, ask);
  for (;;) {
    if (taken.status !== "leased") return { runId, threadId, ...taken };
    const report = await workOn(host, agent, taken);
    if (report.status !== "suspended" || !waiting) return report;
    const again = await waitHere({ ...host, waiting }, agent, ask, report.checkpointId);
    if (!again) return report;
    taken = again;
  }
}

/** Works on a run that this execution has taken already. */
export async function workOn(host: Host, agent: DurableAgent, taken: TakenRun): Promise<RunReport> {
  const { lease, since, depth } = taken;
  const held: Taken = { store: host.store, lease, ...(since === undefined ? {} : { since }) };
  const { runId, threadId } = lease;
  try {
    const options = await optionsOf(host, runId, taken);
    const context = contextOf(host, held, options, depth);
    const ending = await carryOut(host, agent, context, taken);
    if (ending.status !== "continued") await callAfterRun(host, runId, ending.status);
    return { runId, threadId, ...ending };
  } catch (error) {
    const deleted = { runId, threadId, status: "ended", reason: "deleted" } as const;
    if (await isDeleted(host, taken, error)) return deleted;
    if (!(error instanceof Lost)) throw error;
    const { run } = error;
    return run ? { runId, threadId, status: "lost", run } : deleted;
  }
}

/** The thread was deleted while something of it was read between the steps. */
async function isDeleted({ store }: Host, { lease }: TakenRun, error: unknown): Promise<boolean> {
  if (!isStorageError(error) || error.code !== "DELETED") return false;
  try {
    return !(await store.runs.look(lease)).held;
  } catch (failure) {
    if (isStorageError(failure) && failure.code === "DELETED") return true;
    throw failure;
  }
}

/** What the caller asked of the run. */
async function optionsOf(
  { store }: Host,
  runId: string,
  { options }: TakenRun,
): Promise<RunOptions> {
  if ("whole" in options) return options.whole ?? {};
  const input = (await store.runs.get(runId))?.input as RunInput | undefined;
  return input?.options ?? {};
}

/** How the work ended that this execution did. */
type Ending =
  | { readonly status: "completed"; readonly output: unknown }
  | {
      readonly status: "suspended";
      readonly checkpointId: string;
      readonly approvals: readonly ApprovalSummary[];
    }
  | { readonly status: "continued"; readonly checkpointId: string };

async function carryOut(
  host: Host,
  agent: DurableAgent,
  context: AgentContext,
  taken: TakenRun,
): Promise<Ending> {
  let outcome = await goOn(agent, context, taken);
  for (let round = 0; ; round += 1) {
    if (outcome.status === "completed") return completed(context, outcome);
    if (outcome.status === "continued") return goOnElsewhere(host, agent, context, outcome);
    const suspended = await suspend(agent, context, outcome, round);
    if ("checkpointId" in suspended) return { status: "suspended", ...suspended };
    const decisions = await decisionsOf(context, suspended.decisions);
    outcome = await agent.resume(outcome.state, decisions, context);
  }
}

async function goOn(
  agent: DurableAgent,
  context: AgentContext,
  { located, checkpointId, decisions, input }: TakenRun,
): Promise<AgentOutcome> {
  const { store, runId } = context;
  const state = located ?? (await stateOf(context, checkpointId));
  if (state !== undefined)
    return agent.resume(state, await decisionsOf(context, decisions), context);
  const whole = "whole" in input ? input.whole : (await store.runs.get(runId))?.input;
  return agent.run(whole ?? {}, context);
}

async function stateOf(
  { store, threadId }: AgentContext,
  checkpointId: string | undefined,
): Promise<unknown> {
  if (checkpointId === undefined) return undefined;
  const state = await store.checkpoints.get(threadId, checkpointId);
  if (state === null) throw new IncompatibleError(`The checkpoint ${checkpointId} is gone.`);
  return state;
}

/** The decisions, read again where they are large: a decided approval does not change any more. */
async function decisionsOf(
  { store, threadId }: AgentContext,
  carried: CarriedDecisions,
): Promise<readonly Approval[]> {
  if ("whole" in carried) return carried.whole;
  const read = async (id: string): Promise<Approval | undefined> =>
    store.approvals.get(threadId, id);
  const found = await Promise.all(carried.ids.map(read));
  return found.filter((one) => one !== undefined);
}

async function completed(
  context: AgentContext,
  { output, settled = false }: Extract<AgentOutcome, { readonly status: "completed" }>,
): Promise<Ending> {
  if (!settled)
    await context.step({ id: "settle" }, async (held) => {
      await held.commit({ settle: { status: "completed", output } });
    });
  return { status: "completed", output: shortened(output) };
}
