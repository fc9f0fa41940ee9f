import type { Server } from "node:http";
import {
  createStore,
  memoryBackend,
  type Message,
  type RunStatus,
  type Store,
} from "@perdure/checkpoint-core";
import { Inngest, type InngestFunction } from "inngest";
import { createServer } from "inngest/node";
import { afterAll, onTestFinished } from "vitest";
import {
  type AgentLoopOptions,
  type AgentTool,
  createAgentLoop,
  createInngestAgent,
  type InngestAgent,
  type InngestAgentOptions,
} from "../../src/index.ts";
import { createTestInngest, type RunView, serveTestInngest } from "../../src/testing/index.ts";
import { findRealInngest } from "../protocol/realServer.ts";

/** A server that apps of tests are served to. */
export interface ServerUnderTest {
  readonly how: string;
  readonly url: string;
  readonly isReal: boolean;
  /** A run as the in-process server knows it; a real one is asked. */
  readonly run?: (id: string) => RunView | undefined;
}

/** Over HTTP, as an app in production is called: the in-process Inngest, and a real server where there is one. They end with the file that asks for them. */
export async function serversUnderTest(): Promise<readonly ServerUnderTest[]> {
  const standIn = createTestInngest({ clock: "real", retryDelay: () => 50, gateway: fetch });
  const served = await serveTestInngest(standIn);
  const real = await findRealInngest();
  afterAll(async () => {
    await served.close();
    await real?.[Symbol.asyncDispose]();
  });
  return [
    { how: "the in-process Inngest", url: served.url, isReal: false, run: (id) => standIn.run(id) },
    ...(real ? [{ how: real.how, url: real.url, isReal: true }] : []),
  ];
}

/** A server, and a way in which the SDK talks to it. */
export interface Way extends ServerUnderTest {
  readonly checkpointing: boolean;
}

/** A real server in both ways; the in-process one in one: the other says nothing there that `testEverywhere` does not. */
export function waysOf(servers: readonly ServerUnderTest[]): readonly Way[] {
  const real = servers.filter(({ isReal }) => isReal);
  return [
    ...servers.map((server) => withCheckpointing(server, true)),
    ...real.map((server) => withCheckpointing(server, false)),
  ];
}

function withCheckpointing(server: ServerUnderTest, checkpointing: boolean): Way {
  return { ...server, checkpointing };
}

/** An app that is served over HTTP, and what a test looks at. */
export interface App {
  readonly agent: InngestAgent;
  readonly inngest: Inngest;
  readonly store: Store;
  /** The messages of the thread `t`, or of another one: who said what. */
  readonly history: (threadId?: string) => Promise<readonly string[]>;
  /** Resolves when the run has this status; the test's own timeout ends a wait for one that it never gets. */
  readonly reaches: (runId: string, status: RunStatus) => Promise<void>;
}

/** What a test says of its app. */
export interface AppOptions {
  readonly loop: Omit<AgentLoopOptions, "name">;
  readonly agent?: Partial<InngestAgentOptions>;
  readonly checkpointing?: boolean;
  /** What stands on the app itself: tools of the agent, and functions that are served beside its own. */
  readonly more?: (of: {
    readonly inngest: Inngest;
    readonly store: Store;
    readonly name: string;
  }) => {
    readonly tools: Readonly<Record<string, AgentTool>>;
    readonly functions: readonly InngestFunction.Any[];
  };
}

const silent = { info() {}, warn() {}, error() {}, debug() {} };
let apps = 0;

/** An app with an agent, registered with the server. */
export async function serveApp(url: string, options: AppOptions): Promise<App> {
  apps += 1;
  const { loop, checkpointing = true } = options;
  // Apps and events of their own: the real server keeps what earlier ones registered.
  const name = `support-${process.pid}-${apps}`;
  const inngest = new Inngest({
    id: name,
    isDev: true,
    baseUrl: url,
    logger: silent,
    checkpointing,
  });
  const store = createStore({ backend: memoryBackend() });
  const more = options.more?.({ inngest, store, name });
  const agent = createInngestAgent({
    inngest,
    agent: createAgentLoop({ name, ...loop, tools: { ...loop.tools, ...more?.tools } }),
    store,
    runEvent: `${name}/run`,
    resumeEvent: `${name}/resume`,
    ...options.agent,
  });
  await serveFunctions(inngest, [...agent.functions, ...(more?.functions ?? [])]);
  return {
    agent,
    inngest,
    store,
    async history(threadId = "t") {
      const entries = await store.history.read<Message>(threadId);
      return entries.map(({ value }) => `${value.role}: ${textOf(value)}`);
    },
    reaches: async (runId, status) =>
      until(async () => (await agent.status({ runId }))?.run.status === status),
  };
}

/** Resolves when the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition()))
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
}

async function serveFunctions(
  client: Inngest,
  functions: readonly InngestFunction.Any[],
): Promise<void> {
  const server = createServer({ client, functions: [...functions] });
  const port = await listening(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const answer = await fetch(`http://127.0.0.1:${port}/api/inngest`, { method: "PUT" });
  if (!answer.ok) throw new Error(`The app was not taken: ${await answer.text()}`);
}

/** The port that a server of a test listens on. */
export function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
}

function textOf(message: Message): string {
  if (message.role !== "assistant") return JSON.stringify(message.content);
  const asked = (message.toolCalls ?? []).map(({ name }) => name).join(" ");
  return asked || message.content;
}
