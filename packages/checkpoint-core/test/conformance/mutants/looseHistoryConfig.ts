import { randomUUID } from "node:crypto";
import { AgentResult } from "@inngest/agent-kit";
import type { ConfigHooks } from "../../../src/conformance/index.ts";

/** A message as the loose history holds it. */
export interface Message {
  readonly thread: string;
  readonly id: string;
  readonly agent: string;
  readonly result: AgentResult;
  /** When it was written, by the writer's clock. */
  readonly at: number;
}

/** What processes and users share. */
export interface Ledger {
  messages: Message[];
  readonly owners: Map<string, string | undefined>;
  /** Threads' `state.data`. */
  readonly data: Map<string, object>;
}

/** A step as AgentKit passes it on. */
export interface Step {
  run<T>(id: string, work: () => Promise<T>): Promise<unknown>;
}

interface Context {
  readonly state: { readonly data: object; threadId?: string };
  readonly step?: Step;
}

/** What a history of AgentKit decides. */
export interface ConfigRules {
  thread(id: string | undefined): string;
  /** What one message must differ in from all others of its thread. */
  identity(message: Message): string;
  /** A message comes whose identity is there. */
  again(ledger: Ledger, before: Message, now: Message): void;
  /** Writes it nevertheless. */
  doubles: boolean;
  /** Which of the messages of one call are written. */
  chosen(messages: readonly Message[], known: (message: Message) => boolean): readonly Message[];
  order(messages: readonly Message[]): readonly Message[];
  steps(step: Step | undefined): Step | undefined;
  /** Reads inside the step, or only pins there what is read. */
  read(step: Step | undefined, work: () => Promise<AgentResult[]>): Promise<unknown>;
  give(result: AgentResult): unknown;
  /** The result as it is stored. */
  whole(result: AgentResult): AgentResult;
  /** The id of a result: its own, or one made of the run's message and its number. */
  name(result: AgentResult, message: string, index: number): string;
  /** What a run begins with: what is saved, or what a step has kept of it. */
  data(step: Step | undefined, saved: () => object): Promise<object>;
  /** Whether the message of the run itself is read. */
  own(id: string, current: string | undefined): boolean;
  allowed(owner: string | undefined, user: string | undefined): boolean;
}

const right: ConfigRules = {
  thread: (id) => id ?? randomUUID(),
  identity: ({ id }) => id,
  again: () => undefined,
  doubles: false,
  chosen: (messages) => messages,
  order: (messages) => messages,
  steps: (step) => step,
  read: (_step, work) => work(),
  give: ({ agentName, output, toolCalls, createdAt, raw, id }) =>
    new AgentResult(agentName, output, toolCalls, createdAt, undefined, undefined, raw, id),
  own: (id, current) => id !== current,
  whole: withInputs,
  name: ({ id }, message, index) => id ?? `${message}/${index}`,
  data: async (step, saved) =>
    step ? ((await step.run("data", async () => saved())) as object) : saved(),
  allowed: (owner, user) => owner === user,
};

/** A history of AgentKit in memory whose every decision can be replaced. */
export function looseHistoryConfig(
  changed: Partial<ConfigRules> = {},
  ledger: Ledger = { messages: [], owners: new Map(), data: new Map() },
  user?: string,
): ConfigHooks {
  const rules = { ...right, ...changed };
  const current = new WeakMap<object, string>();
  const open = (thread: string): void => {
    if (!ledger.owners.has(thread)) ledger.owners.set(thread, user);
    if (!rules.allowed(ledger.owners.get(thread), user)) throw new Error("Another user's thread.");
  };
  const inStep = async <T>(context: Context, id: string, work: () => Promise<T>): Promise<T> => {
    const step = rules.steps(context.step);
    return step ? ((await step.run(id, work)) as T) : work();
  };
  const append = (thread: string, messages: readonly Message[]): void => {
    open(thread);
    const known = (message: Message): Message | undefined =>
      ledger.messages.find(
        (one) => one.thread === thread && rules.identity(one) === rules.identity(message),
      );
    for (const message of rules.chosen(messages, (one) => known(one) !== undefined)) {
      const before = known(message);
      if (before && !rules.doubles) rules.again(ledger, before, message);
      else ledger.messages.push(message);
    }
  };
  return {
    async createThread(context: Context) {
      return inStep(context, "thread", async () => {
        const threadId = rules.thread(context.state.threadId);
        open(threadId);
        return { threadId };
      });
    },
    async appendUserMessage(context: Context & { userMessage: { id: string; content: string } }) {
      const { id, content } = context.userMessage;
      const thread = rules.thread(context.state.threadId);
      const kept = await inStep(context, "user", async () => {
        append(thread, [messageOf(thread, saidByUser(id, content))]);
        return id;
      });
      current.set(context.state, kept);
    },
    async get(context: Context) {
      const thread = rules.thread(context.state.threadId);
      open(thread);
      const mine = ledger.messages.filter((message) => message.thread === thread);
      const own = current.get(context.state);
      const saved = (): object => ledger.data.get(thread) ?? {};
      Object.assign(context.state.data, await rules.data(rules.steps(context.step), saved));
      return rules.read(context.step, async () =>
        rules
          .order(mine.filter(({ id }) => rules.own(id, own)))
          .map(({ result }) => rules.give(result) as AgentResult),
      );
    },
    async appendResults(context: Context & { newResults: readonly AgentResult[] }) {
      const thread = rules.thread(context.state.threadId);
      const own = current.get(context.state) ?? "";
      await inStep(context, "results", async () => {
        const results = context.newResults.map((result, index) =>
          named(rules.whole(result), rules.name(result, own, index)),
        );
        append(
          thread,
          results.map((result) => messageOf(thread, result)),
        );
        ledger.data.set(thread, structuredClone({ ...context.state.data }));
      });
    },
  };
}

function messageOf(thread: string, result: AgentResult): Message {
  return { thread, id: result.id ?? "", agent: result.agentName, result, at: new Date().getTime() };
}

function named(result: AgentResult, id: string): AgentResult {
  const { agentName, output, toolCalls, createdAt, raw } = result;
  return new AgentResult(agentName, output, toolCalls, createdAt, undefined, undefined, raw, id);
}

interface ToolMessage {
  readonly tool?: { readonly id: string };
  readonly tools?: readonly { readonly id: string }[];
}

function withInputs(result: AgentResult): AgentResult {
  const { agentName, createdAt, raw, id } = result;
  const asked = (result.output as readonly ToolMessage[]).flatMap(({ tools = [] }) => tools);
  const inputs = new Map(asked.map((tool) => [tool.id, "input" in tool ? tool.input : {}]));
  const filled = (message: ToolMessage): ToolMessage => {
    const { tool, tools } = message;
    if (tool) return { ...message, tool: fill(tool, inputs) };
    return tools ? { ...message, tools: tools.map((one) => fill(one, inputs)) } : message;
  };
  const output = (result.output as readonly ToolMessage[]).map(filled) as never;
  const calls = (result.toolCalls as readonly ToolMessage[]).map(filled) as never;
  return new AgentResult(agentName, output, calls, createdAt, undefined, undefined, raw, id);
}

function fill<T extends { readonly id: string }>(tool: T, inputs: Map<string, unknown>): T {
  return "input" in tool ? tool : { ...tool, input: inputs.get(tool.id) ?? {} };
}

function saidByUser(id: string, content: string): AgentResult {
  const output = [{ type: "text", role: "user", content } as const];
  return new AgentResult("user", output, [], new Date(), undefined, undefined, undefined, id);
}
