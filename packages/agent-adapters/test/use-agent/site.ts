import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import {
  createAgentLoop,
  defineTool,
  type ModelFunction,
  type ModelResponse,
  type InngestAgentOptions,
} from "@perdure/inngest-bridge";
import {
  type AgentKitChunk,
  type UseAgentOptions,
  useAgentRoutes,
} from "../../src/use-agent/index.ts";
import { createWorld, type World } from "../world.ts";

/** The routes behind an Inngest in this process, and a way to ask them as somebody. */
export interface Site extends World {
  /** Asks as `user`, and as nobody where that is empty. */
  ask(user: string, method: string, path: string, body?: unknown): Promise<Answer>;
  /** What a reader of a thread's events is told until it rests. */
  events(user: string, threadId: string, query?: string): Promise<readonly AgentKitChunk[]>;
  readonly handle: (request: Request) => Promise<Response>;
  readonly refunds: string[];
  readonly failures: unknown[];
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** An agent that answers in turn what it was given, and refunds where a person agrees. */
export async function createSite({
  answers = ["hello"],
  model,
  options = {},
  routes = {},
  store = createStore({ backend: memoryBackend() }),
}: {
  readonly answers?: readonly (string | ModelResponse)[];
  readonly model?: ModelFunction;
  readonly options?: Partial<InngestAgentOptions>;
  readonly routes?: Partial<UseAgentOptions>;
  readonly store?: Store;
} = {}): Promise<Site> {
  const refunds: string[] = [];
  const failures: unknown[] = [];
  const said = [...answers];
  const world = await createWorld({
    store,
    options,
    agent: createAgentLoop({
      name: "desk",
      model:
        model ??
        (({ stream }) => {
          const next = said.shift() ?? "done";
          const response = typeof next === "string" ? { text: next } : next;
          stream?.text(response.text);
          return response;
        }),
      tools: {
        refund: defineTool({
          description: "Refunds an order.",
          parameters: { type: "object", properties: { order: { type: "string" } } },
          requiresApproval: true,
          execute({ order }: { order: string }) {
            refunds.push(order);
            return `refunded ${order}`;
          },
        }),
      },
    }),
  });
  const { handle } = useAgentRoutes({
    agent: world.agent,
    store,
    identify: ({ headers }) => {
      const user = headers.get("x-user") ?? "";
      return user === "" ? undefined : { user };
    },
    onError: (error) => failures.push(error),
    ...routes,
  });
  const send = async (user: string, method: string, path: string, body?: unknown) =>
    handle(
      new Request(`http://site${path}`, {
        method,
        headers: { "x-user": user, "content-type": "application/json" },
        ...(body === undefined
          ? {}
          : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    );
  return {
    ...world,
    handle,
    refunds,
    failures,
    async ask(user, method, path, body) {
      const response = await send(user, method, path, body);
      const text = await response.text();
      return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
    },
    async events(user, threadId, query = "") {
      const path = `/api/threads/${encodeURIComponent(threadId)}/events${query}`;
      const text = await (await send(user, "GET", path)).text();
      const blocks = text.split("\n\n").filter((block) => block.startsWith("data: "));
      return blocks.map((block) => JSON.parse(block.slice(6)) as AgentKitChunk);
    },
  };
}

/** A message as the client sends it. */
export function sending(threadId: string, content: string, more: object = {}): object {
  return {
    userMessage: {
      id: `m-${content}`,
      content,
      role: "user",
      clientTimestamp: "2026-01-01T00:00:00Z",
      ...more,
    },
    threadId,
    history: [],
    userId: "whoever",
    channelKey: "any",
  };
}

/** A call of the refund tool. */
export function refundCall(order: string, id = "call_1"): ModelResponse {
  return { text: "", toolCalls: [{ id, name: "refund", input: { order } }] };
}
