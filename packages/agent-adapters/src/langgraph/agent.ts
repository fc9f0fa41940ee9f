import { Command } from "@langchain/langgraph";
import { type ApprovalRequest, StorageError } from "@perdure/checkpoint-core";
import type {
  AgentContext,
  AgentInput,
  AgentOutcome,
  DurableAgent,
  Price,
  RunStats,
} from "@perdure/inngest-bridge/agent";
import { resumeValueOf } from "./decision.ts";
import {
  type GraphBuilder,
  type GraphState,
  interruptsOf,
  isOf,
  type Marks,
  type Standing,
  standingOf,
} from "./graph.ts";
import { outputOf } from "./output.ts";
import { positionOf, readPosition } from "./position.ts";
import { graphResult, messagesIn, statsIn } from "./stats.ts";
import { type Given, stateOf, superstep } from "./superstep.ts";

/** A graph, and what a run needs beside it. */
export interface LangGraphAgentOptions {
  /** Stored with each checkpoint: an agent of another name cannot go on from it. */
  readonly name: string;
  /** The graph before `compile()`: the run brings its checkpointer. */
  readonly graph: GraphBuilder;
  /** What the graph is called with; `{ messages: [{ role: "user", content: prompt }] }` when not given. */
  readonly input?: (asked: AgentInput) => unknown;
  /** What the run gives, of the graph's last state; `{ response, iterations, status: "completed", stats }` with the text of the last message when not given. It goes into the store, so it is data. */
  readonly output?: (values: never) => unknown;
  /** What a model call costs, for the run's stats, which are those of its messages. One that throws, or knows nothing, leaves the cost `null`. */
  readonly price?: Price;
  /** Supersteps of a run, at most; 100 when not given. */
  readonly maxSupersteps?: number;
  /** Whether a graph that waits for several people goes on with the first decision, or with all; `all` when not given. */
  readonly resumeWhen?: "all" | "any";
}

/** Supersteps when nothing else is said. */
const MAX_SUPERSTEPS = 100;

/**
 * A graph of LangGraph as a `DurableAgent`. Each superstep is a step of the run, done once: its result is the checkpoint behind it. An `interrupt` suspends the run and is an approval of the node's name,
 * with the interrupt's value as its input; what a person answers is what `interrupt` returns, `{ approved: true, input? }` or `{ approved: false, reason? }` where it was a yes or a no.
 *
 * Options that are missing or of another type are refused (`INVALID_ARGUMENT`).
 */
export function langGraphAgent(options: LangGraphAgentOptions): DurableAgent {
  checkOptions(options);
  const { name, graph, input = messageOf } = options;
  return {
    name,
    check(state) {
      readPosition(name, state);
    },
    async locate({ store, lease }) {
      const state = await stateOf(graph, { store, threadId: lease.threadId });
      const hasBegun = isOf(lease.runId, state) && state.metadata?.["source"] !== "input";
      return hasBegun ? positionOf(name, standingOf(state)) : undefined;
    },
    run: async (asked, context) => proceed(options, context, { input: () => input(asked) }),
    async resume(state, decisions, context) {
      const at = readPosition(name, state);
      const decided = at.asked.flatMap(({ id }) => {
        const decision = decisions.find(({ callId }) => callId === id);
        return decision ? [[id, resumeValueOf(decision)] as const] : [];
      });
      if (at.asked.length > decided.length && decided.length === 0)
        return suspension(options, context, at);
      if (at.next.length === 0) return complete(options, context, at);
      const resume = Object.fromEntries(decided);
      const goesOn = (): unknown => (at.asked.length > 0 ? new Command({ resume }) : null);
      return proceed(options, context, { after: at.id, input: goesOn });
    },
  };
}

/** Superstep after superstep, until the graph is done or a person is needed. */
async function proceed(
  options: LangGraphAgentOptions,
  context: AgentContext,
  first: Given,
): Promise<AgentOutcome> {
  const { graph, maxSupersteps = MAX_SUPERSTEPS } = options;
  for (let given = first; ; ) {
    const id = `superstep:${given.after ?? "input"}`;
    const at = await context.step({ id, name: "superstep" }, async (held) =>
      superstep(graph, context, held, given),
    );
    if (at.asked.length > 0) return suspension(options, context, at);
    if (at.next.length === 0) return complete(options, context, at);
    if (at.count >= maxSupersteps)
      throw invalid(
        `The graph of run ${context.runId} has not ended after ${maxSupersteps} supersteps (maxSupersteps).`,
      );
    given = { after: at.id, input: () => null };
  }
}

function suspension(
  { name, graph, resumeWhen = "all" }: LangGraphAgentOptions,
  context: AgentContext,
  at: Standing,
): AgentOutcome {
  const approvals = async (): Promise<readonly ApprovalRequest[]> => {
    const { tasks } = await stateOf(graph, context);
    return interruptsOf(tasks).map(({ id, node, value }) => ({
      callId: id,
      tool: node,
      input: value,
    }));
  };
  return {
    status: "suspended",
    state: positionOf(name, at),
    turn: at.count,
    approvals,
    resumeWhen,
  };
}

async function complete(
  options: LangGraphAgentOptions,
  context: AgentContext,
  { count }: Standing,
): Promise<AgentOutcome> {
  const { graph, output } = options;
  const shown = await context.step({ id: "settle" }, async (held) => {
    const state = await stateOf(graph, context);
    const { values } = state;
    const whole = output
      ? output(values as never)
      : { ...outputOf(values, count), ...(await statsOfRun(options, context, state)) };
    const value = messageFrom(whole);
    await held.commit({
      settle: { status: "completed", output: whole },
      ...(value === undefined ? {} : { history: [{ id: `${context.runId}/answer`, value }] }),
    });
    return whole;
  });
  return { status: "completed", output: shown, settled: true };
}

/** What the run has said, counted; nothing where the graph keeps no messages, or what it began with is gone. */
async function statsOfRun(
  { name, graph, price }: LangGraphAgentOptions,
  context: AgentContext,
  { values, metadata = {} }: GraphState,
): Promise<{ readonly stats?: RunStats }> {
  if (messagesIn(values).length === 0) return {};
  const { perdure_behind: behind } = metadata as Partial<Marks>;
  const before = behind === undefined ? undefined : await stateOf(graph, context, behind);
  if (before && before.metadata === undefined) return {};
  return { stats: await statsIn(name, price, graphResult(values, before?.values)) };
}

/** What goes into the thread's history; nothing where the graph's output is no text. */
function messageFrom(output: unknown): unknown {
  const { response } = (output ?? {}) as { readonly response?: unknown };
  return typeof response === "string" ? { role: "assistant", content: response } : undefined;
}

function messageOf({ prompt, messages }: AgentInput): unknown {
  return { messages: messages ?? [{ role: "user", content: prompt ?? "" }] };
}

function checkOptions(options: unknown): void {
  const { name, graph } = (options ?? {}) as Partial<Record<keyof LangGraphAgentOptions, unknown>>;
  if (typeof name !== "string" || name === "") throw invalid("langGraphAgent needs a name.");
  const { compile } = (graph ?? {}) as { readonly compile?: unknown };
  if (typeof compile !== "function")
    throw invalid(
      "langGraphAgent needs a graph that is not compiled: it brings its own checkpointer.",
    );
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
