import {
  type Agent,
  createNetwork,
  getDefaultRoutingAgent,
  type Network,
  RoutingAgent,
  type StateData,
} from "@inngest/agent-kit";
import { IncompatibleError } from "@perdure/checkpoint-core";
import { agentInRun } from "./agents.ts";
import type { KitAgent, KitNetwork } from "./kit.ts";
import { once } from "./once.ts";
import type { KitRun } from "./run.ts";

type Router = Network.Router<StateData>;
type FnRouter = Network.Router.FnRouter<StateData>;

/** Calls of an agent that works alone, when nothing else is said. */
const MAX_ITER = 10;

/** The network as one run has it; an agent that works alone is one of a network that asks it until it wants no more tools. */
export function networkInRun(run: KitRun): KitNetwork {
  const { parts, context } = run;
  const { network = solo(parts.agent as KitAgent) } = parts;
  const { maxSteps = parts.maxIter ?? network.maxIter } = context.options;
  const agents = [...network.agents].map(
    ([name, agent]) => [name, agentInRun(run, agent)] as const,
  );
  return Object.create(network, {
    agents: { value: new Map(agents) },
    router: { value: routerInRun(run, network) },
    maxIter: { value: maxSteps },
    // The run keeps the thread's history.
    history: { value: undefined },
  }) as KitNetwork;
}

function solo(agent: KitAgent): KitNetwork {
  const router: FnRouter = ({ lastResult, callCount }) => {
    const wantsMore = callCount === 0 || (lastResult?.toolCalls.length ?? 0) > 0;
    return wantsMore ? agent : undefined;
  };
  // What it decides is plain from what is stored: it is no step.
  plain.add(router);
  const { name, model } = agent;
  const models = model ? { defaultModel: model } : {};
  return createNetwork<StateData>({ name, agents: [agent], router, maxIter: MAX_ITER, ...models });
}

const plain = new WeakSet<object>();

function routerInRun(run: KitRun, network: KitNetwork): Router | undefined {
  const { router = network.defaultModel ? getDefaultRoutingAgent() : undefined } = network;
  if (!router) return undefined;
  if (router instanceof RoutingAgent) return agentInRun(run, router) as RoutingAgent<StateData>;
  const { seen } = run.parts;
  const choose = async (args: Parameters<FnRouter>[0]): Promise<readonly KitAgent[]> => {
    const given = (await router(args)) ?? [];
    const agents: readonly Agent<StateData>[] = Array.isArray(given) ? given : [given];
    for (const agent of agents) seen.set(agent.name, agent);
    return agents;
  };
  return async (args) => {
    const names = plain.has(router)
      ? (await choose(args)).map(nameOf)
      : await once(run, run.turn + 1, { name: "route", data: args.network.state.data }, async () =>
          (await choose(args)).map(nameOf),
        );
    if (names.some((name) => !known(network, seen, name))) await choose(args);
    const agents = names.map((name) => {
      const agent = known(network, seen, name);
      if (!agent) throw gone(network, name);
      return agentInRun(run, agent);
    });
    const [first] = agents;
    if (first instanceof RoutingAgent) return first;
    return agents.length === 0 ? undefined : agents;
  };
}

/** An agent by its name: one that a router has given, also in a pass before, or one of the network. */
function known(
  { agents }: KitNetwork,
  seen: ReadonlyMap<string, KitAgent>,
  name: string,
): KitAgent | undefined {
  return seen.get(name) ?? agents.get(name);
}

function gone({ name: network }: KitNetwork, name: string): IncompatibleError {
  return new IncompatibleError(
    `The router of "${network}" has chosen the agent "${name}" before, and gives none of that name now.`,
  );
}

function nameOf({ name }: KitAgent): string {
  return name;
}
