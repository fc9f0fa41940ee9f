import {
  DeletedError,
  isStorageError,
  LeaseLostError,
  type ToolResult,
} from "@perdure/checkpoint-core";
import type { AgentContext, HeldStep } from "../agent.ts";
import { type Carried, carry } from "../carried.ts";
import { StepFailure } from "./failure.ts";

/** A piece of a tool's own work: where what it gives is stored, under the turn of the call. */
export interface Piece {
  readonly turn: number;
  /** The same in every pass, delivery and execution, and that of no other piece and no call. */
  readonly id: string;
  /** What it is shown as. */
  readonly name: string;
}

/** What is stored of a piece of work; `undefined` where nothing is. An execution that has lost the run stops here, ahead of the work. */
export async function storedPiece(
  { store, lease }: AgentContext,
  { turn, id }: Piece,
): Promise<Carried<ToolResult> | undefined> {
  const { held, result } = await store.runs.look(lease, { turn, callId: id });
  if (result) return carry(result);
  if (held) return undefined;
  throw new LeaseLostError(`Run ${lease.runId} is not this execution's any more.`);
}

/** Stores what a piece of work has given, told to nobody, and answers what is stored. What cannot be kept is said to be so: the work was done and must not be repeated for it. */
export async function keepPiece(
  held: HeldStep,
  { turn, id, name }: Piece,
  content: unknown,
): Promise<Carried<ToolResult>> {
  const store = async (value: ToolResult): Promise<Carried<ToolResult>> => {
    const committed = await held.commit({ result: { turn, value } });
    return carry((committed.status === "committed" ? committed.result : undefined) ?? value);
  };
  const about = { callId: id, toolName: name };
  try {
    return await store({ ...about, content });
  } catch (error) {
    const isUnkept =
      isStorageError(error) && (error.code === "UNSUPPORTED_VALUE" || error.code === "TOO_LARGE");
    if (!isUnkept) throw error;
    const said = `The step was done, but what it gave cannot be kept. ${error.message}`;
    return store({ ...about, content: said, isError: true });
  }
}

/** What the piece has given; read again where it is too large for a step. Throws where that could not be kept. */
export async function valueOf(
  { store, lease }: AgentContext,
  { turn, id }: Piece,
  kept: Carried<ToolResult>,
): Promise<unknown> {
  const found = "whole" in kept ? kept.whole : undefined;
  const result = found ?? (await store.runs.look(lease, { turn, callId: id })).result;
  if (!result) throw new DeletedError(`The thread of run ${lease.runId} was deleted.`);
  const { content, isError = false } = result;
  if (!isError) return content;
  throw new StepFailure(String(content), { origin: "tool", kind: "UnkeptError", cause: undefined });
}
