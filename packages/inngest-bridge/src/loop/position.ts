import { type Answer, IncompatibleError } from "@perdure/checkpoint-core";
import type { Taken } from "../agent.ts";
import type { Clock } from "../budget/clock.ts";
import type { Tally } from "../stats/tally.ts";
import { lastTurn } from "../subagents/below.ts";
import { childRun } from "../subagents/childRun.ts";
import { delegationIn } from "../subagents/contract.ts";
import { childName } from "../subagents/names.ts";
import type { AgentTool } from "./contract.ts";
import { tellAnswer, tellResult } from "./telling.ts";

/** A call of the open turn: its bodies are in the store. */
export interface OpenCall {
  readonly id: string;
  readonly name: string;
  /** A person must agree to it first. */
  readonly asks: boolean;
  /** Why that could not be said without a person: its `requiresApproval` threw, or gave neither true nor false. */
  readonly unjudged?: string;
  /** Another agent has begun to work for it, so that nobody is to agree to it any more. */
  readonly begun?: boolean;
}

/** Where a run of the loop stands: the last turn that has an answer, and its calls. It is also the state in a checkpoint. */
export interface Position {
  readonly version: 1;
  readonly agent: string;
  readonly turn: number;
  readonly calls: readonly OpenCall[];
  /** Ids of the calls that have a result. */
  readonly done: readonly string[];
  /** Ids of the calls of which a person is asked what became. */
  readonly unknown?: readonly string[];
  /** Names of the tools that came with the run. */
  readonly added?: readonly string[];
}

/** What the loop keeps beside an answer. */
export interface AnswerExtra {
  /** Ids of the calls that a person must agree to, as decided when the answer was stored. */
  readonly asks?: readonly string[];
  /** Why nothing but a person could say of some of them whether they may run, by call id. */
  readonly unjudged?: Readonly<Record<string, string>>;
  /** With a run's first answer: what its `systemPrompt` function gave. */
  readonly system?: string;
  /** What was counted of the run up to this answer, itself included. */
  readonly tally?: Tally;
  /** How long the run had been worked on by then, where its time is limited. */
  readonly clock?: Clock;
}

/** The calls of an answer. */
export function callsOf({ message, extra }: Answer): readonly OpenCall[] {
  const { asks = [], unjudged = {} } = (extra ?? {}) as AnswerExtra;
  return (message.toolCalls ?? []).map(({ id, name }) => {
    const why = Object.hasOwn(unjudged, id) ? unjudged[id] : undefined;
    const asked = asks.includes(id);
    return why === undefined ? { id, name, asks: asked } : { id, name, asks: asked, unjudged: why };
  });
}

/** Where the run stands, found in the store; `undefined` before its first answer. */
export async function locate(
  agent: string,
  tools: Readonly<Record<string, AgentTool>>,
  { store, lease, stream }: Taken,
): Promise<Position | undefined> {
  const stored = await lastTurn(store, lease);
  if (stored === 0) return undefined;
  const { answer, results } = await store.runs.turn(lease, stored);
  const open = answer ? callsOf(answer) : [];
  const calls = await Promise.all(
    open.map(async (call) => {
      if (!call.asks || results.has(call.id) || !isDelegated(tools, call)) return call;
      const child = await childRun(store, childName(store, lease, stored, call.id).runId);
      return child ? begunCall(call) : call;
    }),
  );
  // Who stored them may have died before it could say so.
  if (stream && answer) tellAnswer(stream, lease, stored, answer);
  if (stream) for (const result of results.values()) tellResult(stream, lease, stored, result);
  return { version: 1, agent, turn: stored, calls, done: [...results.keys()] };
}

/** The call, when another agent has begun to work for it. */
export function begunCall(call: OpenCall): OpenCall {
  return { ...call, begun: true };
}

function isDelegated(tools: Readonly<Record<string, AgentTool>>, { name }: OpenCall): boolean {
  return Object.hasOwn(tools, name) && delegationIn(tools[name]) !== undefined;
}

/** The position in a checkpoint. Throws `IncompatibleError` for what this agent, with these tools, cannot go on from. */
export function readPosition(
  agent: string,
  tools: Readonly<Record<string, AgentTool>>,
  state: unknown,
): Position {
  const position = shapedPosition(state);
  if (!position)
    throw new IncompatibleError(`The checkpoint holds no state of the agent "${agent}".`);
  if (position.agent !== agent)
    throw new IncompatibleError(
      `The checkpoint was written by the agent "${position.agent}", and this one is "${agent}".`,
    );
  const { added = [] } = position;
  const gone = position.calls.find(
    ({ name, asks, begun = false }) =>
      (asks || begun) && !Object.hasOwn(tools, name) && !added.includes(name),
  );
  if (gone)
    throw new IncompatibleError(
      `The checkpoint waits for the tool "${gone.name}", which the agent "${agent}" does not have.`,
    );
  const alone = position.calls.find((call) => call.begun && !isDelegated(tools, call));
  if (alone)
    throw new IncompatibleError(
      `The checkpoint waits for an agent that works for a call of "${alone.name}", and the tool of that name of the agent "${agent}" has none.`,
    );
  const { unknown = [] } = position;
  const lost = position.calls.find(
    ({ id, name }) => unknown.includes(id) && !(Object.hasOwn(tools, name) && tools[name]?.effect),
  );
  if (lost)
    throw new IncompatibleError(
      `The checkpoint waits for what became of a call of "${lost.name}", and the agent "${agent}" has no such tool with an effect.`,
    );
  return position;
}

function shapedPosition(state: unknown): Position | undefined {
  const { version, agent, turn, calls } = (state ?? {}) as Partial<Record<keyof Position, unknown>>;
  if (typeof version === "number" && version > 1)
    throw new IncompatibleError(
      `The checkpoint was written by a newer version (${version}); this one reads 1.`,
    );
  const isPosition =
    version === 1 && typeof agent === "string" && typeof turn === "number" && Array.isArray(calls);
  return isPosition ? (state as Position) : undefined;
}
