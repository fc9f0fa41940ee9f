import { checkGiven, type Store, StorageError } from "@perdure/checkpoint-core";
import type {
  EventInput,
  IncomingEvent,
  InngestAgent,
  ReplacedFunction,
} from "@perdure/inngest-bridge";
import type { KitAgent, KitNetwork } from "./kit.ts";
import { type AgentKitInngestOptions, createInngestAgent } from "./inngest.ts";

/** What is to be served, and where it is kept. */
export interface AgentKitFunctionsOptions
  extends Omit<
    AgentKitInngestOptions,
    "agent" | "id" | "name" | "replaces" | "runEvent" | "resumeEvent" | "triggers" | "input"
  > {
  readonly store: Store;
  readonly networks?: readonly object[];
  readonly agents?: readonly object[];
}

/** Networks and agents as Inngest functions. */
export interface AgentKitFunctions {
  /** All that is to be served: by `createServer({ client, functions })` of AgentKit, or by `serve`. */
  readonly functions: InngestAgent["functions"];
  /** What the functions work for, by the name of the network or agent: to start, decide and watch runs. */
  readonly agents: Readonly<Record<string, InngestAgent>>;
}

/**
 * Each network and each agent as functions of Inngest 4. Where AgentKit's `createServer` has one, it is under the id and the event of that (`network-<name>`, `<client>/network-<name>` with `data.input`), and goes on with
 * what that had begun as that would; `createServer` itself fails there, because it makes functions as Inngest 3 took them. Each event is a run, on the thread `data.threadId`, or on one of its own.
 *
 * Throws `INVALID_ARGUMENT` for two of one name.
 */
export function agentKitFunctions(given: AgentKitFunctionsOptions): AgentKitFunctions {
  checkGiven("agentKitFunctions", given, { inngest: "object", store: "store" });
  const { networks = [], agents = [], ...options } = given;
  const made = [
    ...agents.map((agent) => served("agent", agent as KitAgent, options)),
    ...networks.map((network) => served("network", network as KitNetwork, options)),
  ];
  const twice = firstTwice(made.map(({ id }) => id));
  if (twice !== undefined)
    throw new StorageError("INVALID_ARGUMENT", `Two of them would be the function "${twice}".`);
  const named = firstTwice(made.map(({ name }) => name));
  if (named !== undefined)
    throw new StorageError("INVALID_ARGUMENT", `An agent and a network are both "${named}".`);
  return {
    functions: made.flatMap(({ functions }) => functions),
    agents: Object.fromEntries(made.map((agent) => [agent.name, agent])),
  };
}

function firstTwice(names: readonly string[]): string | undefined {
  return names.find((name, place) => names.indexOf(name) !== place);
}

function served(
  kind: "agent" | "network",
  given: KitAgent | KitNetwork,
  options: Omit<AgentKitInngestOptions, "agent">,
): InngestAgent {
  const id = `${kind}-${slug(given.name)}`;
  const { inngest } = options;
  const event = `${inngest.id}/${id}`;
  const replaces: ReplacedFunction = {
    id,
    handler: async ({ event: { data } }) => given.run((data as { readonly input: string }).input),
  };
  const names = { id, name: given.name, runEvent: event, resumeEvent: `${event}.resume` };
  return createInngestAgent({ ...options, ...names, replaces, input, agent: given });
}

function input({ id, name, data }: IncomingEvent): EventInput {
  const { input: asked, threadId = id } = data;
  if (typeof asked !== "string" || typeof threadId !== "string")
    throw new StorageError("INVALID_ARGUMENT", `The event ${name} needs data.input, a text.`);
  return { threadId, prompt: asked };
}

/** A name as Inngest makes an id of it. */
function slug(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .split("-")
    .filter((part) => part !== "")
    .join("-");
}
