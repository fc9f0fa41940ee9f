import { checkGiven, StorageError } from "@perdure/checkpoint-core";
import {
  createInngestAgent as create,
  type InngestAgent,
  type InngestAgentOptions,
} from "@perdure/inngest-bridge";
import { langGraphAgent, type LangGraphAgentOptions } from "./agent.ts";
import type { GraphBuilder } from "./graph.ts";

/** What `compile` was given and would be lost: the run compiles the graph itself, with a checkpointer of its own. */
const LOST = ["checkpointer", "interruptBefore", "interruptAfter", "store", "cache"] as const;

/** A graph that `compile()` has made, as far as it is looked at here. */
type CompiledGraph = { readonly builder: GraphBuilder } & {
  readonly [Name in (typeof LOST)[number]]?: unknown;
};

/** What the bridge's own takes, with a graph in the place of an agent, and what its runs need beside it. */
export interface LangGraphInngestOptions
  extends Omit<InngestAgentOptions, "agent" | "name" | "input">,
    Pick<LangGraphAgentOptions, "name"> {
  /** A graph, compiled or not. */
  readonly agent: GraphBuilder | CompiledGraph;
  /** What `langGraphAgent` takes beside the graph and its name. */
  readonly options?: Omit<LangGraphAgentOptions, "name" | "graph">;
}

/**
 * `createInngestAgent` for a graph of LangGraph: `{ inngest, store, name, agent: graph }`. Of a compiled graph its builder is taken; one that was compiled with a checkpointer, a store, a cache or
 * points to interrupt it at is refused by name (`INVALID_ARGUMENT`).
 */
export function createInngestAgent(asked: LangGraphInngestOptions): InngestAgent {
  checkGiven("createInngestAgent", asked, { agent: "object", name: "text" });
  const { agent, name, options = {}, ...given } = asked;
  const graph = "builder" in agent ? builderOf(agent) : agent;
  return create({ ...given, name, agent: langGraphAgent({ ...options, name, graph }) });
}

function builderOf(graph: CompiledGraph): GraphBuilder {
  const given = LOST.find((name) => isGiven(graph[name]));
  if (given === undefined) return graph.builder;
  throw new StorageError(
    "INVALID_ARGUMENT",
    `The graph was compiled with ${given}, which a run does not take: compile it without.`,
  );
}

function isGiven(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}
