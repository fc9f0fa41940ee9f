import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";

/** A graph that is not compiled yet, as far as a run uses it: a `StateGraph`. */
export interface GraphBuilder {
  compile(options: { readonly checkpointer: BaseCheckpointSaver }): unknown;
}

/** A compiled graph, as far as a run uses it. */
export interface Graph {
  invoke(input: unknown, config: object): Promise<unknown>;
  getState(config: object): Promise<GraphState>;
}

/** A graph's state, as LangGraph shows it. */
export interface GraphState {
  readonly values: unknown;
  readonly config: { readonly configurable?: Readonly<Record<string, unknown>> };
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly tasks: readonly {
    readonly name: string;
    /** There once the task has ended. */
    readonly result?: unknown;
    readonly interrupts: readonly { readonly id?: string; readonly value?: unknown }[];
  }[];
}

/** Something that a node has asked of a person. */
export interface Asked {
  readonly id: string;
  readonly node: string;
}

/** Where a graph stands. */
export interface Standing {
  /** Its newest checkpoint; empty in a thread that it has never been in. */
  readonly id: string;
  /** Supersteps of the run so far. */
  readonly count: number;
  /** The nodes that come next; none at its end. */
  readonly next: readonly string[];
  readonly asked: readonly Asked[];
}

/** The fields of a checkpoint's metadata that name the run, and say what the thread's step was before it, and its checkpoint, where there was one. */
export interface Marks {
  readonly perdure_run: string;
  readonly perdure_before: number;
  readonly perdure_behind?: string;
}

/** The step of a thread in which there was none. */
const NO_STEP = -2;
/** The input and what begins the graph are steps of their own. */
const FIRST_STEPS = 2;

/** Where a state is. */
export function standingOf({ config, tasks, metadata = {} }: GraphState): Standing {
  const { perdure_before: before = NO_STEP } = metadata as Partial<Marks>;
  const id = config.configurable?.["checkpoint_id"];
  return {
    id: typeof id === "string" ? id : "",
    count: Math.max(0, stepOf(metadata) - before - FIRST_STEPS),
    // LangGraph's own `next` leaves out the tasks that have ended while the checkpoint behind them is not put yet: at such a moment a graph would look done.
    next: tasks.map(({ name }) => name),
    asked: interruptsOf(tasks).map(({ id: asked, node }) => ({ id: asked, node })),
  };
}

/** What the graph asks, of the tasks that have not gone on. */
export function interruptsOf(
  tasks: GraphState["tasks"],
): readonly (Asked & { readonly value: unknown })[] {
  return tasks.flatMap(({ name: node, interrupts, result }) =>
    result === undefined
      ? interrupts.flatMap(({ id, value }) => (id === undefined ? [] : [{ id, node, value }]))
      : [],
  );
}

/** What the run's checkpoints say of it, where the graph stands so. */
export function marksOf(runId: string, state: GraphState): Marks {
  const { metadata = {} } = state;
  const {
    perdure_run: run,
    perdure_before: before,
    perdure_behind: behind,
  } = metadata as Partial<Marks>;
  const isOwn = run === runId && before !== undefined;
  const id = isOwn ? behind : standingOf(state).id;
  return {
    perdure_run: runId,
    perdure_before: isOwn ? before : stepOf(metadata),
    ...(id === undefined || id === "" ? {} : { perdure_behind: id }),
  };
}

/** Whether the run has put the checkpoint. */
export function isOf(runId: string, { metadata = {} }: GraphState): boolean {
  return (metadata as Partial<Marks>).perdure_run === runId;
}

function stepOf({ step }: Readonly<Record<string, unknown>>): number {
  return typeof step === "number" ? step : NO_STEP;
}
