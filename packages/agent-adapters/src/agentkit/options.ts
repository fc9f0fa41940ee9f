import type { AgentInput, AgentContext, Price } from "@perdure/inngest-bridge/agent";
import type { KitAgent, KitNetwork, KitNetworkRun } from "./kit.ts";

/** What a run of a network, or of an agent that works alone, needs beside it. */
export interface AgentKitOptions {
  /** Stored with each checkpoint: an agent of another name cannot go on from it. The network's or the agent's own when not given. */
  readonly name?: string;
  /** What a run begins with as `state.data`, beside what the thread has saved, which stands in front of it; made anew in every pass. The network's default state when not given. */
  readonly data?: (
    asked: AgentInput,
    run: AgentContext,
  ) => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>;
  /** What the run gives as its `response`, of the network's run at its end; the last text of an agent when not given. It goes into the store, so it is data. */
  readonly response?: (network: KitNetworkRun) => unknown;
  /** Calls of agents in a run, at most: the network's own `maxIter` when not given, and 10 for an agent that works alone. */
  readonly maxIter?: number;
  /** Whether Inngest's server asks the models, as `step.ai.infer` does: a step more for each turn, and no process of yours waits. False when not given; asked from here where there is no Inngest. */
  readonly infer?: boolean;
  /** The last messages of the thread that the models see; all of them when not given. */
  readonly historyLimit?: number;
  /** What a model call costs, for the run's stats. One that throws, or knows nothing, leaves the cost `null`. */
  readonly price?: Price;
}

/** A network or an agent, and its options. */
export interface KitParts extends AgentKitOptions {
  readonly name: string;
  readonly network: KitNetwork | undefined;
  readonly agent: KitAgent | undefined;
  /** Agents that routers have given, by name. */
  readonly seen: Map<string, KitAgent>;
}
