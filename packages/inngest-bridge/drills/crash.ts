import { strictEqual } from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { Store } from "@perdure/checkpoint-core";
import {
  type AgentTool,
  createAgentLoop,
  createInngestAgent,
  type DurableAgent,
  type InngestAgent,
  type InngestAgentOptions,
  type ModelRequest,
  type ModelResponse,
} from "../src/index.ts";
import {
  createTestInngest,
  type Fault,
  type FaultPlan,
  type TestInngest,
} from "../src/testing/index.ts";
import { checkAftermath, checkOutcome, type Log, newLog } from "./aftermath.ts";
import { isStop, type Mishap, type Traffic } from "./mishaps.ts";
import type { Pair } from "./pairs.ts";

export interface CrashOptions {
  readonly checkpointing: boolean;
  /** Two stores over the same data, which share no client. */
  readonly stores: () => Promise<Pair>;
  /** Whose run it is; the support agent's when not given. */
  readonly scene?: Scene;
}

/** A run in which a person is asked once, and what must be true after it. */
export interface Scene {
  readonly agent: (name: string, log: Log, work: Work) => DurableAgent;
  readonly check: typeof checkAftermath;
  /** How its functions are made. */
  readonly options?: Partial<InngestAgentOptions>;
  /** How long the person takes; until nothing is due any more when not given. */
  readonly takes?: string;
}

/** The scene when nothing else is said. */
export const support: Scene = {
  agent: (name, log, work) =>
    createAgentLoop({
      name: "support",
      model: scripted(name, log, work),
      price: (_model, { inputTokens, outputTokens }) => inputTokens + 10 * outputTokens,
      tools: tools(log, work),
    }),
  check: checkAftermath,
};

/** The same, in an execution that waits for the person. */
export const waitingScene: Scene = {
  ...support,
  check: checkOutcome,
  options: { waitInRun: { timeoutMs: 60 * 60 * 1000 } },
  takes: "10m",
};

/** The run of the support agent: it looks order and customer up at the same time, asks for a refund, a person agrees, it is paid, the customer is told. A second message waits behind it. */
export async function crashRun(options: CrashOptions, mishap?: Mishap): Promise<Traffic> {
  await using stores = await options.stores();
  const log = newLog();
  const traffic = { call: 0, checkpoint: 0, events: 0, work: 0 };
  const outside: number[] = [];
  let met = mishap === undefined;
  const faultOf = (kind: Mishap["kind"]): Mishap["fault"] | undefined => {
    const index = traffic[kind];
    traffic[kind] += 1;
    if (mishap?.kind !== kind || mishap.index !== index) return undefined;
    met = true;
    return mishap.fault;
  };
  const plan =
    (kind: Exclude<Mishap["kind"], "work">): FaultPlan =>
    ({ index, instance: sender }) => {
      const fault = faultOf(kind) as Fault | undefined;
      if (sender === undefined && kind === "events") outside.push(index);
      strictEqual(isStop(fault) && sender === undefined, false, "somebody is there to be stopped");
      return fault;
    };
  const server = createTestInngest({
    retryDelay: () => 15_000,
    faults: { call: plan("call"), checkpoint: plan("checkpoint"), events: plan("events") },
  });
  const [a, b] = [
    await instance(server, "a", { store: stores.a, log, mishap, options, faultOf }),
    await instance(server, "b", { store: stores.b, log, mishap, options, faultOf }),
  ];
  const { runId } = await a.start({ threadId: "t", runId: "r", prompt: "Refund order 7, please." });
  await b.start({ threadId: "t", runId: "next", prompt: "Thank you." });
  const { check, takes } = options.scene ?? support;
  if (takes === undefined) await server.settle({ advance: true });
  else await server.advance(takes);
  const status = await b.status({ runId });
  strictEqual(status?.run.status, "suspended", "the run waits for a person");
  const [approval] = status.pending;
  await b.approve({ threadId: "t", approvalId: approval?.id ?? "", by: "dana" });
  await server.settle({ advance: true });
  strictEqual(met, true, "the fault was met");
  await check(server, stores.b, log, mishap);
  return { ...traffic, outside };
}

interface Surroundings {
  readonly store: Store;
  readonly log: Log;
  readonly mishap: Mishap | undefined;
  readonly options: CrashOptions;
  /** What happens to the next piece of work. */
  readonly faultOf: (kind: "work") => Mishap["fault"] | undefined;
}

/** Does a piece of work in the world outside, which takes a while, and may be the end of its process. */
export type Work = (effect: () => void) => Promise<void>;

async function instance(
  server: TestInngest,
  name: "a" | "b",
  { store, log, mishap, options, faultOf }: Surroundings,
): Promise<InngestAgent> {
  const turns = mishap?.slow === name ? 12 : 2;
  const killed = async (): Promise<never> => {
    server.stop(name);
    return new Promise<never>(() => undefined);
  };
  const work: Work = async (effect) => {
    const fault = faultOf("work");
    for (let count = 0; count < turns; count += 1) await turn();
    if (fault === "killed") await killed();
    effect();
    if (fault === "killed-after") await killed();
  };
  const { checkpointing } = options;
  const client = server.client({ id: "support-app", checkpointing });
  const scene = options.scene ?? support;
  const agent = scene.agent(name, log, work);
  const made = createInngestAgent({
    inngest: client,
    agent,
    store,
    upkeep: false,
    ...scene.options,
  });
  await server.register({ client, functions: made.functions, instance: name });
  return made;
}

/** A model that never says the same thing twice: each answer has call ids and words of its own. */
function scripted(
  name: string,
  log: Log,
  work: Work,
): (request: ModelRequest) => Promise<ModelResponse> {
  let said = 0;
  return async ({ turn: at, messages, runId }) => {
    said += 1;
    await work(() => log.asked.push(runId === "r" ? at : 4));
    const mark = `${name}${said}`;
    const call = (...wanted: readonly string[]): ModelResponse => ({
      text: `turn ${at} by ${mark}`,
      toolCalls: wanted.map((tool) => ({ id: `${tool}-${mark}`, name: tool, input: { order: 7 } })),
    });
    const counted = {
      model: "m",
      usage: { input_tokens: 100, output_tokens: at },
      reasoningSteps: 1,
    };
    if (runId === "r" && at === 1) return { ...call("order", "customer"), ...counted };
    if (runId === "r" && at === 2) return { ...call("refund"), ...counted };
    return { text: `told after ${messages.length} messages by ${mark}`, ...counted };
  };
}

function tools(log: Log, work: Work): Readonly<Record<string, AgentTool>> {
  const parameters = { type: "object" };
  const lookup = (what: string): AgentTool => ({
    description: `Looks the ${what} up.`,
    parameters,
    async execute(_input, { idempotencyKey }) {
      await work(() => log.lookups.push(idempotencyKey));
      return { found: what };
    },
  });
  return {
    order: lookup("order"),
    customer: lookup("customer"),
    refund: {
      description: "Refunds an order.",
      parameters,
      requiresApproval: true,
      async execute(_input, { idempotencyKey }) {
        await work(() => {
          log.refundAttempts.push(idempotencyKey);
          log.refunds.add(idempotencyKey);
        });
        return { refunded: 4200 };
      },
    },
  };
}
