import { checkGiven } from "../given.ts";
import { randomUUID } from "node:crypto";
import type { AgentResultLike, HistoryConfig, StateLike, StepLike } from "./contract.ts";

/** An agent of AgentKit, structurally. */
export interface AgentLike<R extends AgentResultLike, S extends StateLike> {
  // The type of AgentKit's steps is its own: what we pass on is what the caller gave us.
  run(input: string, options: { readonly state: S; readonly step?: never }): Promise<R>;
}

/** A state of AgentKit, as an agent that runs alone needs it. */
export interface AgentState<R extends AgentResultLike> extends StateLike {
  readonly results: readonly R[];
  readonly messages: readonly unknown[];
  setResults(results: R[]): void;
}

/** With what {@link runAgent} runs an agent. */
export interface RunAgentOptions<R extends AgentResultLike, S extends AgentState<R>> {
  readonly history: HistoryConfig<R>;
  readonly state: S;
  /** The step of the Inngest function that it runs in. */
  readonly step?: StepLike;
}

/**
 * Runs an agent alone, and keeps what the user said and what it answered: AgentKit stores neither without a network. It goes on with the thread of the state; where there is
 * none it makes one, and the state has its id. Inside an Inngest function give it the `step`. A message with an id is stored once, however often it comes.
 */
export async function runAgent<R extends AgentResultLike, S extends AgentState<R>>(
  agent: AgentLike<R, S>,
  input: string | { readonly id: string; readonly content: string },
  options: RunAgentOptions<R, S>,
): Promise<R> {
  checkGiven("runAgent", { agent, input }, { agent: "object" });
  checkGiven("runAgent", options, { history: "object", state: "object" });
  const { history, state, step } = options;
  const { id, content } = typeof input === "string" ? { id: randomUUID(), content: input } : input;
  const context = { state, input: content, ...(step ? { step } : {}) };
  const isKnown = Boolean(state.threadId);
  const { threadId } = await history.createThread(context);
  state.threadId = threadId;
  const userMessage = { id, content, role: "user", timestamp: new Date() } as const;
  await history.appendUserMessage({ ...context, threadId, userMessage });
  const bringsNone = state.results.length === 0 && state.messages.length === 0;
  if (isKnown && (bringsNone || loaded.has(state))) {
    state.setResults(await history.get({ ...context, threadId }));
    loaded.add(state);
  }
  const result = await agent.run(content, { state, ...(step ? { step: step as never } : {}) });
  await history.appendResults({ ...context, threadId, newResults: [result] });
  return result;
}

/** States whose results come from a history: they are read again, where those that a caller brings stay as they are. */
const loaded = new WeakSet<object>();
