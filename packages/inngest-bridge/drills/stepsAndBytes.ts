import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import {
  type AgentLoopOptions,
  createAgentLoop,
  createInngestAgent,
  inferredModel,
  type InngestAgent,
  type InngestAgentOptions,
  type ModelResponse,
} from "../src/index.ts";
import { createTestInngest, type RunView, type TestInngest } from "../src/testing/index.ts";

/** What a run took of Inngest, all of its executions together. */
export interface Taken {
  readonly what: string;
  readonly executions: number;
  readonly steps: number;
  /** Bytes of what the steps of its largest execution have returned, as the server counts them. */
  readonly stateBytes: number;
  /** Requests to the function with checkpointing on, and off. */
  readonly requests: readonly [number, number];
}

/** A run to be measured. */
export interface Scene {
  readonly what: string;
  /** Calls of each turn; the turn after them answers. */
  readonly turns: readonly number[];
  readonly resultBytes?: number;
  readonly loop?: Partial<AgentLoopOptions>;
  readonly agent?: Partial<InngestAgentOptions>;
  /** One in memory when not given. */
  readonly store?: Store;
  /** Its one call waits for a person. */
  readonly asks?: boolean;
}

const KB = 1024;
const five = [1, 1, 1, 1, 1];

/** What is measured: a line of the table each. */
export const scenes: readonly Scene[] = [
  { what: "an answer without tools", turns: [] },
  { what: "5 tool calls in a row, 100 KB each", turns: five, resultBytes: 100 * KB },
  {
    what: "the same, the system prompt made by a function",
    turns: five,
    resultBytes: 100 * KB,
    loop: { systemPrompt: () => "You are kind." },
  },
  {
    what: "the same, the model asked by Inngest's server",
    turns: five,
    resultBytes: 100 * KB,
    loop: { model: inferredModel({ apiKey: "key", model: "m" }) },
  },
  { what: "5 tool calls in one turn, 100 KB each", turns: [5], resultBytes: 100 * KB },
  { what: "a call that a person agrees to", turns: [1], asks: true },
  {
    what: "the same, waiting in its execution",
    turns: [1],
    asks: true,
    agent: { waitInRun: { timeoutMs: 60 * 60 * 1000 } },
  },
  {
    what: "25 tool calls in a row, 1 KB each",
    turns: Array.from({ length: 25 }, () => 1),
    resultBytes: KB,
  },
  {
    what: "the same, at most 20 steps an execution",
    turns: Array.from({ length: 25 }, () => 1),
    resultBytes: KB,
    agent: { continueAt: { steps: 20 } },
  },
];

/** Runs a scene on the in-process Inngest, in both modes. Throws where its run does not complete. */
export async function take(scene: Scene): Promise<Taken> {
  const on = await play(scene, true);
  const off = await play(scene, false);
  return {
    what: scene.what,
    executions: on.length,
    steps: sum(on.map(({ steps }) => steps.length)),
    stateBytes: Math.max(...on.map(stateBytes)),
    requests: [sum(on.map(({ requests }) => requests)), sum(off.map(({ requests }) => requests))],
  };
}

const START = Date.UTC(2026, 0, 1);

/** One run of a scene: its executions. Throws where it does not complete. */
export async function play(scene: Scene, checkpointing: boolean): Promise<readonly RunView[]> {
  const { server, agent } = await stage(scene, checkpointing);
  await agent.start({ threadId: "t", runId: "r", prompt: "go" });
  await server.settle();
  if (scene.asks === true) {
    await agent.approve({ threadId: "t", callId: "c1-1" });
    await server.settle({ advance: true });
  }
  await server.settle({ advance: true });
  const status = (await agent.status({ runId: "r" }))?.run.status;
  if (status !== "completed") throw new Error(`${scene.what}: the run is ${status}.`);
  return server.runs();
}

async function stage(
  {
    turns,
    resultBytes = 100,
    loop = {},
    agent = {},
    asks = false,
    store = createStore({ backend: memoryBackend() }),
  }: Scene,
  checkpointing: boolean,
): Promise<{ readonly server: TestInngest; readonly agent: InngestAgent }> {
  const server = createTestInngest({ start: START, gateway: provider(turns) });
  const inngest = server.client({ id: "app", checkpointing });
  const work = {
    description: "Works.",
    parameters: { type: "object" },
    requiresApproval: asks,
    execute: () => "x".repeat(resultBytes),
  };
  const made = createInngestAgent({
    inngest,
    store,
    agent: createAgentLoop({
      name: "support",
      tools: { work },
      maxIterations: turns.length + 1,
      model: ({ turn }) => said(turns, turn),
      ...loop,
    }),
    ...agent,
  });
  await server.register({ client: inngest, functions: made.functions });
  return { server, agent: made };
}

function said(turns: readonly number[], turn: number): ModelResponse {
  const calls = turns[turn - 1] ?? 0;
  if (calls === 0) return { text: "done" };
  const toolCalls = Array.from({ length: calls }, (_, at) => ({
    id: `c${turn}-${at + 1}`,
    name: "work",
    input: {},
  }));
  return { text: "", toolCalls };
}

/** The same model behind OpenAI's protocol. */
function provider(turns: readonly number[]): (request: Request) => Promise<Response> {
  return async (request) => {
    const { messages } = (await request.json()) as { messages: { role: string }[] };
    const turn = messages.filter(({ role }) => role === "assistant").length + 1;
    const { text, toolCalls = [] } = said(turns, turn);
    const calls = toolCalls.map(({ id, name }) => ({ id, function: { name, arguments: "{}" } }));
    const message = { content: text, ...(calls.length === 0 ? {} : { tool_calls: calls }) };
    return Response.json({ model: "m", choices: [{ message }] });
  };
}

/** What the server counts of an execution: the text of each step's outcome. */
export function stateBytes({ steps }: RunView): number {
  return sum(
    steps.map(({ data, error }) =>
      Buffer.byteLength(JSON.stringify(error === undefined ? { data } : { error })),
    ),
  );
}

/** All of them together. */
export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The page: the table, and what it stands beside. */
export async function page(): Promise<string> {
  const rows: Taken[] = [];
  for (const scene of scenes) rows.push(await take(scene));
  const lines = rows.map(
    ({ what, executions, steps, stateBytes: bytes, requests: [on, off] }) =>
      `| ${what} | ${executions} | ${steps} | ${bytes.toLocaleString("en")} | ${on} | ${off} |`,
  );
  return `# Steps, bytes and requests

What runs of the agent loop take of Inngest, counted on the in-process Inngest (\`node packages/inngest-bridge/drills/writeStepsAndBytes.ts\` writes this page, and a test holds it to what is counted). All executions of a run together, but for the state:
that of the largest one, as the server counts it.

| a run | executions | steps | bytes of state | requests, checkpointing on | off |
|---|---:|---:|---:|---:|---:|
${lines.join("\n")}

For comparison: 5 tool calls of 100 KB took \`@mastra/inngest\` 415 steps and 29 MB of state, where Inngest ends a run at its 1,000th step and at 32 MB.

A drill (part of \`make drills\`, not of this count) asks that a conversation of 500 tool results of 256 KB, in a run of 20 turns of 25 calls, finishes with less than 1 MB of state in each execution; a test asks 2 KB for each of 12.
`;
}
