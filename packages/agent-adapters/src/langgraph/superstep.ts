import type { AgentContext, HeldStep } from "@perdure/inngest-bridge/agent";
import { Thrown } from "@perdure/inngest-bridge/agent";
import { isStorageError } from "@perdure/checkpoint-core";
import {
  type Graph,
  type GraphBuilder,
  type GraphState,
  isOf,
  type Marks,
  marksOf,
  type Standing,
  standingOf,
} from "./graph.ts";
import { guarded, isOvertaken } from "./guarded.ts";
import { RunSaver } from "./runSaver.ts";
import { LangGraphSaver } from "./saver.ts";

/** What a superstep starts with: the run's input, what people decided, or nothing. */
export interface Given {
  /** The checkpoint that it follows; none for the one that takes the run's input. */
  readonly after?: string;
  /** Made when it is needed. */
  readonly input: () => unknown;
}

/**
 * One superstep of the graph, done once: a checkpoint behind the one that it follows is its result, whoever has put it. Of a superstep that was cut off, the tasks that had ended are not run
 * again. Answers where the graph stands then.
 */
export async function superstep(
  builder: GraphBuilder,
  context: AgentContext,
  { signal }: HeldStep,
  given: Given,
): Promise<Standing> {
  const { store, lease, threadId, runId, requestContext } = context;
  const at = { configurable: { thread_id: threadId } };
  for (;;) {
    const head = await store.checkpoints.record(threadId);
    let marks: Marks = { perdure_run: runId, perdure_before: 0 };
    const checkpointer = new RunSaver(guarded(store, lease, head?.id), () => marks);
    const graph = builder.compile({ checkpointer }) as Graph;
    const state = await graph.getState(at);
    const due = dueOn(state, runId, given);
    if (!due) return standingOf(state);
    marks = marksOf(runId, state);
    const how = { context: requestContext, signal, durability: "sync", interruptAfter: "*" };
    try {
      await graph.invoke(due.input, { ...at, ...how });
      return standingOf(await graph.getState(at));
    } catch (error) {
      // Another process has put what comes next: that counts.
      if (isOvertaken(error)) continue;
      throw isStorageError(error) ? error : new Thrown("tool", error);
    }
  }
}

/** What the graph is to be called with; `undefined` where the superstep is done. */
function dueOn(
  state: GraphState,
  runId: string,
  { after, input }: Given,
): { readonly input: unknown } | undefined {
  const hasInput = isOf(runId, state);
  // The input is a checkpoint of its own, which another delivery may have put before it died.
  if (hasInput && state.metadata?.["source"] === "input") return { input: null };
  const isDone = after === undefined ? hasInput : standingOf(state).id !== after;
  return isDone ? undefined : { input: input() };
}

/** The graph's state as it is stored, outside of any superstep; of its last checkpoint, or of that one. */
export async function stateOf(
  builder: GraphBuilder,
  { store, threadId }: Pick<AgentContext, "store" | "threadId">,
  checkpoint?: string,
): Promise<GraphState> {
  const graph = builder.compile({ checkpointer: new LangGraphSaver(store) }) as Graph;
  const at = checkpoint === undefined ? {} : { checkpoint_id: checkpoint };
  return graph.getState({ configurable: { thread_id: threadId, ...at } });
}
