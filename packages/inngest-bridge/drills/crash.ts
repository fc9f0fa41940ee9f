import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { Message, Store } from "@perdure/checkpoint-core";
import {
  type AgentTool,
  createAgentLoop,
  createInngestAgent,
  type InngestAgent,
  type ModelRequest,
  type ModelResponse,
} from "../src/index.ts";
import {
  createTestInngest,
  type Fault,
  type FaultPlan,
  type Message as Sent,
  type TestInngest,
} from "../src/testing/index.ts";
import type { Pair } from "./pairs.ts";

/** One thing that goes wrong in one run. */
export interface Mishap {
  /** A message, or with `work` a call of the model or a tool. */
  readonly kind: Sent["kind"] | "work";
  readonly index: number;
  /** `killed`: the process dies in the middle of the work, `killed-after`: with it done and nothing stored of it. */
  readonly fault: Fault | "killed" | "killed-after";
  /** Which of two instances works slowly, where both work at once. */
  readonly slow?: "a" | "b";
}

export interface CrashOptions {
  readonly checkpointing: boolean;
  /** Two stores over the same data, which share no client. */
  readonly stores: () => Promise<Pair>;
}

/** How often each message is sent in a run without faults. */
export interface Traffic {
  readonly call: number;
  readonly checkpoint: number;
  readonly events: number;
  readonly work: number;
  /** Which events no instance sends: they come from outside, and none can die of them. */
  readonly outside: readonly number[];
}

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
    (kind: Sent["kind"]): FaultPlan =>
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
  await server.settle({ advance: true });
  const status = await b.status({ runId });
  strictEqual(status?.run.status, "suspended", "the run waits for a person");
  const [approval] = status.pending;
  await b.approve({ threadId: "t", approvalId: approval?.id ?? "", by: "dana" });
  await server.settle({ advance: true });
  strictEqual(met, true, "the fault was met");
  await check(server, stores.b, log, mishap);
  return { ...traffic, outside };
}

/** The mishaps of each message of a run: stopped, lost, or delivered twice at once; and of each piece of work. */
export function mishaps(traffic: Traffic): readonly Mishap[] {
  const doubles = (["a", "b"] as const).flatMap((slow) =>
    ([0, 1] as const).map((double) => ({ fault: { double }, slow })),
  );
  const faults: { readonly [K in Mishap["kind"]]: readonly Pick<Mishap, "fault" | "slow">[] } = {
    call: [...callFaults.map((fault) => ({ fault })), ...doubles],
    checkpoint: postFaults.map((fault) => ({ fault })),
    events: postFaults.map((fault) => ({ fault })),
    work: [{ fault: "killed" }, { fault: "killed-after" }],
  };
  const kinds = ["call", "checkpoint", "events", "work"] as const;
  const all = kinds.flatMap((kind): readonly Mishap[] =>
    Array.from({ length: traffic[kind] }, (_, index) => index).flatMap((index) =>
      faults[kind].map(({ fault, slow }) =>
        slow ? { kind, index, fault, slow } : { kind, index, fault },
      ),
    ),
  );
  return all.filter(
    ({ kind, index, fault }) =>
      !(kind === "events" && isStop(fault) && traffic.outside.includes(index)),
  );
}

const callFaults = [
  "lose-request",
  "lose-response",
  "double",
  "stop-before",
  "stop-during",
  "stop-after",
] as const;
const postFaults = ["lose-request", "lose-response", "stop-before", "stop-after"] as const;

function isStop(fault: Mishap["fault"] | undefined): boolean {
  return typeof fault === "string" && fault.startsWith("stop");
}

/** What the world outside of the store has seen. */
interface Log {
  readonly asked: number[];
  readonly lookups: string[];
  readonly refundAttempts: string[];
  /** Paid once for each key. */
  readonly refunds: Set<string>;
}

function newLog(): Log {
  return { asked: [], lookups: [], refundAttempts: [], refunds: new Set() };
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
type Work = (effect: () => void) => Promise<void>;

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
  const agent = createAgentLoop({
    name: "support",
    model: scripted(name, log, work),
    tools: tools(log, work),
  });
  const made = createInngestAgent({ inngest: client, agent, store });
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
    if (runId === "r" && at === 1) return call("order", "customer");
    if (runId === "r" && at === 2) return call("refund");
    return { text: `told after ${messages.length} messages by ${mark}` };
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

/** The final state is that of a run without faults, and nothing was done twice that had been done. */
async function check(
  server: TestInngest,
  store: Store,
  log: Log,
  mishap: Mishap | undefined,
): Promise<void> {
  const entries = await store.history.read<Message>("t");
  deepStrictEqual(
    entries.map(({ value }) => shape(value)),
    expectedHistory,
  );
  const messages = entries.map(({ value }) => value);
  deepStrictEqual(askedIds(messages), answeredIds(messages), "each call has its result");
  const run = await store.runs.get("r");
  const last = messages.at(-3);
  deepStrictEqual(run?.outcome, {
    status: "completed",
    output: { response: last?.content, iterations: 3, status: "completed" },
  });
  strictEqual((await store.runs.get("next"))?.status, "completed", "the next run was woken");
  strictEqual(await store.runs.holding("t"), undefined, "the thread is free");
  deepStrictEqual(await store.approvals.pending("t"), []);
  deepStrictEqual(
    new Set(reports(server).slice(0, 3)),
    new Set(["suspended", "queued", "completed"]),
    "each execution tells what it did",
  );
  const ended = server.runs().map(({ status }) => status);
  deepStrictEqual(new Set(ended), new Set(["Completed"]), "no execution failed");
  checkEffects(log, mishap);
}

function reports(server: TestInngest): readonly unknown[] {
  return server.runs().map(({ output }) => (output as { readonly status?: unknown }).status);
}

function checkEffects(log: Log, mishap: Mishap | undefined): void {
  strictEqual(log.refunds.size, 1, "one refund");
  strictEqual(new Set(log.lookups).size, 2, "two lookups");
  const done = [...timesOf(log.lookups), log.refundAttempts.length, ...timesOf(log.asked)];
  strictEqual(done.length, 7, "each piece of work was done");
  const repeated = done.reduce((sum, count) => sum + count - 1, 0);
  const allowed = repeatsAllowed(mishap, done.length);
  if (done.some((count) => count > 2) || repeated > allowed)
    throw new Error(`Calls were repeated: ${JSON.stringify(log)}`);
}

/**
 * What is stored is not done again. Work that its process did not live to store is; and two copies of one request may both work, with checkpointing on all that follows it.
 */
function repeatsAllowed(mishap: Mishap | undefined, all: number): number {
  if (mishap?.fault === "killed-after") return 1;
  return mishap?.fault === "double" || typeof mishap?.fault === "object" ? all : 0;
}

/** How often each of them comes. */
function timesOf(list: readonly (string | number)[]): readonly number[] {
  return [...new Set(list)].map((one) => list.filter((other) => other === one).length);
}

const expectedHistory = [
  "user: Refund order 7, please.",
  "assistant: turn 1 calls order calls customer",
  'tool order: {"found":"order"}',
  'tool customer: {"found":"customer"}',
  "assistant: turn 2 calls refund",
  'tool refund: {"refunded":4200}',
  "assistant: told after 6 messages",
  "user: Thank you.",
  "assistant: told after 8 messages",
];

/** A message without what differs from answer to answer. */
function shape(message: Message): string {
  if (message.role === "tool")
    return `tool ${message.toolName}: ${JSON.stringify(message.content)}`;
  const said = String(message.content).replace(/ by \w+$/, "");
  const called = message.role === "assistant" ? (message.toolCalls ?? []) : [];
  const names = called.map(({ name }) => ` calls ${name}`).join("");
  return `${message.role}: ${said}${names}`;
}

function askedIds(messages: readonly Message[]): readonly string[] {
  return messages.flatMap((message) =>
    message.role === "assistant" ? (message.toolCalls ?? []).map(({ id }) => id) : [],
  );
}

function answeredIds(messages: readonly Message[]): readonly string[] {
  return messages.flatMap((message) => (message.role === "tool" ? [message.toolCallId] : []));
}
