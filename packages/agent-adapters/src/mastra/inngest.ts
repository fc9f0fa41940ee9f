import type { DurableAgentLike } from "@mastra/core/agent";
import type { Mastra } from "@mastra/core/mastra";
import { checkGiven, createStore, memoryBackend, StorageError } from "@perdure/checkpoint-core";
import {
  createInngestAgent as create,
  type InngestAgent,
  type InngestAgentOptions,
  isInngestAgent,
  createServe as serveWith,
  serve as serveRequests,
  type ServeOptions,
} from "@perdure/inngest-bridge";
import { mastraAgent } from "./agent.ts";
import type { MastraAgent } from "./contract.ts";
import { forwarding } from "./forwarding.ts";
import { checkRunOptions, type MastraAgentOptions } from "./settings.ts";

export { isInngestAgent } from "@perdure/inngest-bridge";

/** What `createInngestAgent` of `@mastra/inngest` takes and this one does not, with what there is instead. */
const REFUSED: Readonly<Record<string, string>> = {
  pubsub: "`publishers` says where events go",
  cache: "events are kept in the store",
  mastra: "the agent gets it when it is registered",
  shouldPersistSnapshot: "a suspended run is always kept",
};

/** An agent of Mastra's, what its runs need beside it, and everything that the bridge's own takes. */
export interface MastraInngestAgentOptions
  extends Omit<InngestAgentOptions, "agent">,
    Omit<MastraAgentOptions, "name"> {
  readonly agent: MastraAgent;
}

/** The bridge's agent, which `new Mastra({ agents })` takes as one of its own. */
export interface MastraInngestAgent extends Omit<InngestAgent, "agent">, DurableAgentLike {
  readonly id: string;
  readonly name: string;
  readonly agent: MastraAgent;
  readonly stream: InngestAgent["stream"];
}

/**
 * `createInngestAgent` of `@mastra/inngest`, on the bridge: `{ agent, inngest }`, and a store. Without one the runs are kept in the memory of this process, and end with it.
 *
 * Options that there are not are refused by name (`INVALID_ARGUMENT`).
 */
export function createInngestAgent(all: MastraInngestAgentOptions): MastraInngestAgent {
  checkGiven("createInngestAgent", all);
  const { agent, options, memory, streaming, historyLimit, price, resumeWhen, ...given } = all;
  const unknown = Object.keys(given).find((name) => Object.hasOwn(REFUSED, name));
  if (unknown !== undefined)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `createInngestAgent has no option "${unknown}": ${REFUSED[unknown]}.`,
    );
  checkAgent(agent);
  const beside = { options, memory, streaming, historyLimit, price, resumeWhen };
  const { id = agent.id, name = agent.name, store = memoryStore() } = given;
  const durable = mastraAgent(agent, definedIn({ ...beside, name: agent.id }));
  const made = create({ ...eventsOf(id), ...given, id, name, store, agent: durable });
  const own = { ...made };
  return Object.assign(forwarding(made, agent), {
    agent,
    async stream(...[messages, asked]: Parameters<InngestAgent["stream"]>) {
      checkRunOptions("stream", asked);
      return own.stream(messages, asked);
    },
    async generate(...[messages, asked]: Parameters<InngestAgent["generate"]>) {
      checkRunOptions("generate", asked);
      return own.generate(messages, asked);
    },
    // What is forgotten is found by the functions' own upkeep.
    recoverActiveRuns: async () => ({ recovered: [], succeeded: 0, failed: 0 }),
    async recover(runId: string) {
      await made.resume({ runId });
      return made.observe(runId);
    },
  });
}

function checkAgent(agent: MastraAgent | undefined): void {
  if (typeof agent?.generate !== "function")
    throw new StorageError(
      "INVALID_ARGUMENT",
      "createInngestAgent needs agent: an Agent of @mastra/core.",
    );
}

/** Agents of one app have events of their own. */
function eventsOf(id: string): Required<Pick<InngestAgentOptions, "runEvent" | "resumeEvent">> {
  return {
    runEvent: `mastra/agent.${id}.run.requested`,
    resumeEvent: `mastra/agent.${id}.resume.requested`,
  };
}

/** What is served of a Mastra instance: all its agents of this `createInngestAgent`, and functions of yours. */
export interface MastraServeOptions extends Omit<ServeOptions, "client" | "agents"> {
  readonly mastra: Pick<Mastra, "listAgents">;
  readonly inngest: ServeOptions["client"];
}

/** Serves with any of Inngest's adapters, as `createServe` of `@mastra/inngest` does. */
export function createServe<Handler>(
  adapter: Parameters<typeof serveWith<Handler>>[0],
): (options: MastraServeOptions) => Handler {
  const handlerOf = serveWith(adapter);
  return (options) => handlerOf(served(options));
}

/** A handler for a route of Mastra's server, or of any other of Hono. */
export function serve(
  options: MastraServeOptions,
): (context: { readonly req: { readonly raw: Request } }) => Promise<Response> {
  const handler = serveRequests(served(options));
  return async ({ req }) => handler(req.raw);
}

function served(options: MastraServeOptions): ServeOptions {
  checkGiven("serve", options, { mastra: "object", inngest: "object" });
  const { mastra, inngest, ...rest } = options;
  const agents = Object.values(mastra.listAgents()).filter((agent) => isInngestAgent(agent));
  return { ...rest, client: inngest, agents };
}

function memoryStore(): ReturnType<typeof createStore> {
  return createStore({ backend: memoryBackend() });
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function definedIn<T extends object>(fields: T): Partial<Defined<T>> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<Defined<T>>;
}
