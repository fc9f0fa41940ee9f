import { type Approval, digestOf, isStorageError, type ToolResult } from "@perdure/checkpoint-core";
import type { HeldStep, StepName } from "../agent.ts";
import { Lost } from "../held.ts";
import type { DueCall } from "../loop/asked.ts";
import { stepPart } from "../loop/key.ts";
import type { OpenCall } from "../loop/position.ts";
import { keepResult, storedResult } from "../loop/result.ts";
import type { RunReport } from "../report.ts";
import { describe, StepFailure } from "../steps/failure.ts";
import { keepPiece } from "../steps/keptPiece.ts";
import { takeAtOnce, type TakenRun } from "../take.ts";
import { workOn } from "../work.ts";
import { beginningOf, claimOf, waitsAt } from "./beginning.ts";
import { childHost } from "./childHost.ts";
import { childRun } from "./childRun.ts";
import type { Delegated } from "./delegated.ts";
import { type Failure, keepAnswer } from "./ending.ts";
import { askedBelow, type ChildName, childName } from "./names.ts";
import { childResult } from "./result.ts";

/** A call whose agent waits: its checkpoint says for what. */
export interface WaitingBelow extends ChildName {
  readonly call: OpenCall;
  readonly checkpointId: string;
  /** It waits for nobody, but for a new execution. */
  readonly goesOn: boolean;
}

/** What the calls of a turn have in common. */
export interface Below {
  /** What was decided of that which the turn waited for. */
  readonly decided: readonly Approval[];
  /** How many calls are done in this pass. */
  readonly of: number;
}

/** What the first step of the call found. */
type Begun =
  | { readonly status: "done" }
  | { readonly status: "waits"; readonly checkpointId: string }
  | TakenRun;

/**
 * Does one call for which another agent works: a step that begins or takes its run, the steps of the agent, and one that stores its answer as the result. Without a result the agent waits for a
 * person. Both runs go on from what is stored, so nothing of it is done twice.
 */
export async function runDelegateCall(
  call: Pick<Delegated, "tool" | "delegation" | "context" | "due">,
  { id, name = id }: StepName,
  { decided, of }: Below,
): Promise<WaitingBelow | undefined> {
  const { context, due, delegation } = call;
  const child = childName(context.store, context.lease, due.turn, due.call.id);
  const handed = decidedBelow(due, decided);
  const space = handed.length === 0 ? id : `${id}~${nameOf(handed)}`;
  const host = childHost(context, child, { space, agent: delegation.agent.name, of });
  const delegated = { ...call, child, host, handed };
  const waiting = (checkpointId: string, goesOn: boolean): WaitingBelow => ({
    ...child,
    call: due.call,
    checkpointId,
    goesOn,
  });
  const begun = await context.step({ id: space, name }, async (held) => begin(delegated, held));
  if (begun.status === "done") return undefined;
  if (begun.status === "waits") return waiting(begun.checkpointId, false);
  const report = await worked(delegated, begun);
  if (report.status === "suspended") return waiting(report.checkpointId, false);
  if (report.status === "continued") return waiting(report.checkpointId, true);
  const failure = report.status === "failed" ? report.error : undefined;
  await context.step({ id: `${space}:result`, name: `${name}-result` }, async (held) => {
    await keepAnswer(delegated, held, failure);
  });
  return undefined;
}

/** Decisions on what this call's agent waits for, as it asked: in its own turn, for its own call. */
function decidedBelow(
  { turn, call }: DueCall,
  decisions: readonly Approval[],
): readonly Approval[] {
  return decisions.flatMap((one) => {
    const below = one.turn === turn ? askedBelow(call.id, one.callId) : undefined;
    if (!below || one.status === "pending") return [];
    return [{ ...one, ...below, tool: one.tool.slice(call.name.length + 1) }];
  });
}

/** Other decisions are another piece of the work: its steps have other names. */
function nameOf(handed: readonly Approval[]): string {
  return digestOf(handed.map(({ id }) => id).toSorted()).slice(0, 8);
}

async function begin(delegated: Delegated, held: HeldStep): Promise<Begun> {
  const { context, due, child, delegation, host } = delegated;
  const { turn, call } = due;
  const { agent } = delegation;
  if (await storedResult(context, held, turn, call.id)) return { status: "done" };
  const run = await childRun(context.store, child.runId);
  const instead = async (result: ToolResult): Promise<Begun> => {
    await keepResult(context, held, turn, result);
    return { status: "done" };
  };
  if (run?.outcome) return instead(childResult(call, agent.name, run));
  const waits = run && (await waitsAt(delegated, run));
  if (waits !== undefined) return { status: "waits", checkpointId: waits };
  const ask = run ? claimOf(run) : await beginningOf(delegated);
  if ("callId" in ask) return instead(ask);
  const taken = await takeAtOnce(host, agent, ask, held);
  if (taken.status === "leased") {
    if (taken.takeovers !== undefined) await countBelow(delegated, held, taken);
    return taken;
  }
  return instead(childResult(call, agent.name, await childRun(context.store, child.runId)));
}

/** From here on it is the agent's run whose takeovers are counted: the run above has got as far as this, and stores that. */
async function countBelow(
  { due: { turn, call } }: Delegated,
  held: HeldStep,
  { lease: { fence }, takeovers }: TakenRun,
): Promise<void> {
  const piece = { turn, id: `~taken/${stepPart(call.id)}/${fence}`, name: call.name };
  await keepPiece(held, piece, takeovers ?? null);
}

type Worked = RunReport | { readonly status: "failed"; readonly error: Failure };

/** The agent's work. What ends it is its own failure, unless it is the store's or the bridge's: those end the whole execution. */
async function worked({ host, delegation, handed }: Delegated, taken: TakenRun): Promise<Worked> {
  try {
    return await workOn(host, delegation.agent, { ...taken, decisions: { whole: handed } });
  } catch (error) {
    if (error instanceof Lost || isOurs(error)) throw error;
    return { status: "failed", error: describe(error) };
  }
}

function isOurs(error: unknown): boolean {
  if (isStorageError(error)) return true;
  return error instanceof StepFailure && (error.origin === "store" || error.origin === "bridge");
}
