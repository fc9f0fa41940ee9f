import { type ApprovalRequest, StorageError } from "@perdure/checkpoint-core";
import type { AgentContext, AgentOutcome, DurableAgent } from "./agent.ts";
import { carryDecisions, type CarriedDecisions } from "./carried.ts";
import type { Host } from "./host.ts";
import { approvalSummaries, type ApprovalSummary } from "./report.ts";
import { closeEnded } from "./subagents/closing.ts";
import { closeLost } from "./subagents/lost.ts";

/** What a checkpoint says of the run that wrote it. */
export interface CheckpointNote {
  readonly agent: string;
  readonly runId: string;
  readonly life: number;
  readonly turn: number;
  /** The execution that wrote it waits for the decisions until then, in milliseconds since 1970 by its own clock. */
  readonly waitsUntil?: number;
  /** What it waits for, where it works for another run, which asks for it. */
  readonly asked?: readonly ApprovalRequest[];
  /** Likewise the runs that wait with it. */
  readonly waitsFor?: readonly string[];
}

/** What a suspension came to. */
export type Suspended =
  | { readonly checkpointId: string; readonly approvals: readonly ApprovalSummary[] }
  | { readonly decisions: CarriedDecisions };

/** Stores the state and asks for the approvals in one write; or finds that enough has been decided meanwhile. */
export async function suspend(
  agent: DurableAgent,
  context: AgentContext,
  outcome: Extract<AgentOutcome, { readonly status: "suspended" }>,
  round: number,
): Promise<Suspended> {
  const { state, turn, approvals, waitsFor = nobody, resumeWhen = "all" } = outcome;
  const { above, waiting } = context.host;
  const id = `suspend:${turn}:${round}`;
  return context.step({ id, name: "suspend" }, async (held) => {
    const requests = typeof approvals === "function" ? await approvals() : approvals;
    const runsBelow = await waitsFor();
    // What a run waits for that works for another one is asked by that one: the checkpoint says what.
    const below = above ? { asked: requests, waitsFor: runsBelow } : {};
    const waits = waiting && !above ? { waitsUntil: Date.now() + waiting.timeoutMs } : {};
    const committed = await held.commit({
      checkpoint: { state, metadata: { ...noteOf(agent, context, turn), ...below, ...waits } },
      settle: { status: "suspended", turn, approvals: above ? [] : requests, resumeWhen },
    });
    if (committed.status === "goOn") return { decisions: carryDecisions(committed.decisions) };
    if (!above) await closeBelow(context, runsBelow);
    const { checkpointId = "", approvals: asked = [] } = committed;
    return { checkpointId, approvals: approvalSummaries(asked) };
  });
}

/** Nobody is asked for an agent that ended, or whose thread was deleted, between its suspension and this one. */
async function closeBelow(
  { host: { store, wake }, runId }: AgentContext,
  runsBelow: readonly string[],
): Promise<void> {
  if (!(await closeEnded(store, runsBelow, wake))) return;
  const run = await store.runs.get(runId);
  if (!run || !(await closeLost(store, run))) return;
  const { threadId, life, revision } = run;
  await wake({ threadId, life, runId, fence: `gone:${runId}:${revision}` });
}

async function nobody(): Promise<readonly string[]> {
  return [];
}

/** Stores the state and wakes a new execution, in one step: tried again, it wakes the same one. */
export async function goOnElsewhere(
  { meter }: Host,
  agent: DurableAgent,
  context: AgentContext,
  { state, turn }: Extract<AgentOutcome, { readonly status: "continued" }>,
): Promise<{ readonly status: "continued"; readonly checkpointId: string }> {
  if (meter && !meter.hasStored)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `The agent "${agent.name}" wants to go on in a new execution, and this one has stored no answer and no result: it would never end.`,
    );
  return context.step({ id: `continue:${turn}`, name: "continue" }, async (held) => {
    const committed = await held.commit({
      checkpoint: { state, metadata: { ...noteOf(agent, context, turn) } },
      settle: { status: "suspended", turn, approvals: [] },
    });
    const { checkpointId = "" } = committed.status === "committed" ? committed : {};
    return { status: "continued", checkpointId };
  });
}

function noteOf(
  { name }: DurableAgent,
  { runId, lease }: AgentContext,
  turn: number,
): CheckpointNote {
  return { agent: name, runId, life: lease.life, turn };
}
