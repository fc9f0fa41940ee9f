import type { Store } from "@perdure/checkpoint-core";
import type { Inngest, InngestFunction } from "inngest";
import { onTestFinished } from "vitest";
import {
  type AgentLoopOptions,
  type AgentTool,
  createAgentLoop,
  createInngestAgent,
  type InngestAgent,
  type InngestAgentOptions,
  type ModelRequest,
  type ModelResponse,
} from "../../src/index.ts";
import {
  createTestInngest,
  type RunView,
  type TestInngest,
  type TestInngestOptions,
} from "../../src/testing/index.ts";
import { pairs, type StoreName } from "./everywhere.ts";

/** What the model says in each turn, by the conversation that it is shown. */
export type Script = (request: ModelRequest) => ModelResponse | Promise<ModelResponse>;

export interface WorldOptions {
  readonly checkpointing?: boolean;
  readonly store?: Store;
  readonly engine?: StoreName;
  readonly model?: Script;
  readonly tools?: Readonly<Record<string, AgentTool>>;
  readonly loop?: Partial<AgentLoopOptions>;
  readonly agent?: Partial<InngestAgentOptions>;
  readonly server?: TestInngestOptions;
  /** Served beside those of the agent. */
  readonly functions?: (of: {
    readonly inngest: Inngest.Any;
    readonly store: Store;
  }) => readonly InngestFunction.Any[];
}

export interface World {
  readonly server: TestInngest;
  readonly inngest: Inngest.Any;
  readonly store: Store;
  readonly agent: InngestAgent;
  /** Every call of the model, in order. */
  readonly asked: ModelRequest[];
  /** The report of the last execution of the agent's own functions. */
  report(): unknown;
  /** Executions of the agent's own functions. */
  executions(): readonly RunView[];
  send(data: Readonly<Record<string, unknown>>, id?: string): Promise<void>;
  resume(data: Readonly<Record<string, unknown>>, id?: string): Promise<void>;
  history(threadId?: string): Promise<readonly unknown[]>;
  /** The app dies, and whatever it works on is never answered. */
  down(): void;
  /** The app is there again. */
  up(): Promise<void>;
}

/** Turns of a model by how often it has answered in this run. */
export function turns(...said: readonly (ModelResponse | Script)[]): Script {
  return async (request) => {
    const next = said[request.turn - 1];
    if (next === undefined) throw new Error(`The script has no turn ${request.turn}.`);
    return typeof next === "function" ? next(request) : next;
  };
}

export function calls(...wanted: readonly (readonly [string, string, unknown])[]): ModelResponse {
  return { text: "", toolCalls: wanted.map(([id, name, input]) => ({ id, name, input })) };
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const { checkpointing = true, model = turns({ text: "hello" }), tools = {} } = options;
  const server = createTestInngest({ retryDelay: () => 15_000, ...options.server });
  const store = options.store ?? (await storeOn(options.engine ?? "memory"));
  const inngest = server.client({ id: "app", checkpointing });
  const asked: ModelRequest[] = [];
  const loop = createAgentLoop({
    name: "support",
    tools,
    ...options.loop,
    model: async (request) => {
      asked.push(request);
      return model(request);
    },
  });
  const agent = createInngestAgent({ inngest, agent: loop, store, ...options.agent });
  const functions = [...agent.functions, ...(options.functions?.({ inngest, store }) ?? [])];
  await server.register({ client: inngest, functions });
  const executions = (): readonly RunView[] =>
    server.runs().filter(({ functionId }) => /:(run|resume)$/.test(functionId));
  const post = async (
    name: string,
    data: Readonly<Record<string, unknown>>,
    id: string | undefined,
  ): Promise<void> => {
    await server.send({ name, data: { ...data }, ...(id === undefined ? {} : { id }) } as never);
    await server.settle({ advance: true });
  };
  return {
    server,
    inngest,
    store,
    agent,
    asked,
    executions,
    report: () => executions().at(-1)?.output,
    send: async (data, id) => post("ziro/agent.run.requested", data, id),
    resume: async (data, id) => post("ziro/agent.resume.requested", data, id),
    down: () => server.stop("main"),
    up: async () => server.register({ client: inngest, functions }),
    async history(threadId = "t") {
      return (await store.history.read(threadId)).map(({ value }) => value);
    },
  };
}

/** A store on new data, which is gone with the test. */
async function storeOn(engine: StoreName): Promise<Store> {
  const pair = await pairs[engine]();
  onTestFinished(() => pair[Symbol.asyncDispose]());
  return pair.a;
}

/** A tool that remembers what it was given. */
export function recorder(
  give: (input: unknown) => unknown = () => "ok",
  more: Partial<AgentTool> = {},
): AgentTool & { readonly seen: { readonly input: unknown; readonly key: string }[] } {
  const seen: { readonly input: unknown; readonly key: string }[] = [];
  const tool: AgentTool = {
    description: "Does it.",
    parameters: { type: "object" },
    execute: async (input, { idempotencyKey: key }) => {
      seen.push({ input, key });
      return await give(input);
    },
    ...more,
  };
  // Not one of the tool's options, and so not to be found among them.
  return Object.defineProperty(tool, "seen", { value: seen }) as AgentTool & {
    readonly seen: typeof seen;
  };
}
