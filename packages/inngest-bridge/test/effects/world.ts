import { setImmediate as turn } from "node:timers/promises";
import type { Approval, Effect, Store } from "@perdure/checkpoint-core";
import { expect, onTestFinished } from "vitest";
import {
  type AgentLoopOptions,
  type AgentTool,
  createAgentLoop,
  createInngestAgent,
  type InngestAgent,
  type ModelRequest,
} from "../../src/index.ts";
import {
  createTestInngest,
  type Faults,
  type RunView,
  type TestInngest,
} from "../../src/testing/index.ts";
import { pairs, type StoreName, type Where } from "../bridge/everywhere.ts";
import { calls, type Script, turns } from "../bridge/world.ts";

/** Two processes over one store that serve one agent, and a payment service that remembers what it paid. */
export interface PaidWorld {
  readonly server: TestInngest;
  readonly store: Store;
  readonly agent: InngestAgent;
  /** What was paid, in order. */
  readonly paid: { readonly input: unknown; readonly key: string; readonly by: string }[];
  readonly asked: ModelRequest[];
  executions(): readonly RunView[];
  report(): unknown;
  pending(): Promise<readonly Approval[]>;
  effects(): Promise<readonly Effect[]>;
  go(prompt?: string): Promise<void>;
  settle(): Promise<void>;
}

/** A piece of the service's work: what it does ahead of the payment and behind it. */
export interface Payment {
  readonly by: "a" | "b";
  /** Counts from 0. */
  readonly nth: number;
  /** The end of the process that asks for it. */
  readonly die: () => Promise<never>;
}

export interface PaidOptions extends Partial<Where> {
  readonly before?: (payment: Payment) => unknown;
  readonly after?: (payment: Payment) => unknown;
  readonly tool?: Partial<AgentTool>;
  readonly tools?: Readonly<Record<string, AgentTool>>;
  readonly model?: Script;
  readonly loop?: Partial<AgentLoopOptions>;
  readonly faults?: Faults;
  /** One that both processes use, in place of one each on new data. */
  readonly store?: Store;
}

/** Asks for one payment, and says what came of it. */
export const onePayment: Script = turns(calls(["r", "pay", { order: 1 }]), ({ messages }) => ({
  text: `told: ${JSON.stringify(messages.at(-1)?.content)}`,
}));

export async function paidWorld(options: PaidOptions = {}): Promise<PaidWorld> {
  const { checkpointing = true, engine = "memory", model = onePayment, faults } = options;
  const { a, b } = await storesOf(options.store, engine);
  const server = createTestInngest({
    retryDelay: () => 15_000,
    ...(faults === undefined ? {} : { faults }),
  });
  const paid: PaidWorld["paid"] = [];
  const asked: ModelRequest[] = [];
  let begun = 0;
  const instance = async (by: "a" | "b"): Promise<InngestAgent> => {
    const client = server.client({ id: "app", checkpointing });
    const die = async (): Promise<never> => {
      server.stop(by);
      return new Promise<never>(() => undefined);
    };
    const pay: AgentTool = {
      description: "Pays.",
      parameters: { type: "object" },
      effect: "once",
      async execute(input, { idempotencyKey: key }) {
        const payment = { by, nth: begun++, die };
        await turn();
        await options.before?.(payment);
        paid.push({ input, key, by });
        await options.after?.(payment);
        return `receipt ${paid.length}`;
      },
      ...options.tool,
    };
    const agent = createAgentLoop({
      name: "cashier",
      tools: { pay, ...options.tools },
      ...options.loop,
      model: async (request) => {
        asked.push(request);
        return model(request);
      },
    });
    const made = createInngestAgent({
      inngest: client,
      agent,
      store: by === "a" ? a : b,
    });
    await server.register({ client, functions: made.functions, instance: by });
    return made;
  };
  await instance("a");
  const agent = await instance("b");
  const executions = (): readonly RunView[] =>
    server.runs().filter(({ functionId }) => /:(run|resume)$/.test(functionId));
  const settle = async (): Promise<void> => {
    await server.settle({ advance: true });
  };
  return {
    server,
    store: b,
    agent,
    paid,
    asked,
    executions,
    settle,
    report: () => executions().at(-1)?.output,
    pending: async () => b.approvals.pending("t"),
    effects: async () => b.effects.unrecorded("t"),
    async go(prompt = "pay") {
      await agent.start({ threadId: "t", runId: "r1", prompt });
      await settle();
    },
  };
}

async function storesOf(
  store: Store | undefined,
  engine: StoreName,
): Promise<{ readonly a: Store; readonly b: Store }> {
  if (store) return { a: store, b: store };
  const pair = await pairs[engine]();
  onTestFinished(() => pair[Symbol.asyncDispose]());
  return pair;
}

/** What the model was told of the payment. */
export function told(world: PaidWorld): unknown {
  const { output } = world.report() as { readonly output?: { readonly response?: unknown } };
  return output?.response;
}

/** The one question that waits. */
export async function question(world: PaidWorld): Promise<Approval> {
  expect(world.report()).toMatchObject({ status: "suspended" });
  const [only, ...more] = await world.pending();
  expect(more).toEqual([]);
  if (!only) throw new Error("Nothing is asked.");
  return only;
}
