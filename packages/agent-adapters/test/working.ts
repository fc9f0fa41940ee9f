import { Agent, tool as openAITool } from "@openai/agents";
import type { DurableAgent, Price } from "@perdure/inngest-bridge/agent";
import { tool } from "ai";
import { z } from "zod";
import { aiSdkAgent } from "../src/ai-sdk/index.ts";
import { durableTool, openAIAgent } from "../src/openai-agents/index.ts";
import * as ai from "./ai-sdk/stub.ts";
import * as openai from "./openai-agents/stub.ts";

const priced: Price = (_model, { totalTokens }) => totalTokens / 1000;

/** An agent that works twice and then is done: 330 tokens. */
export interface Working {
  readonly agent: DurableAgent;
  readonly asked: () => number;
  readonly done: string[];
}

export interface Work {
  /** Each piece of work waits for a person. */
  readonly asks?: boolean;
  /** What a piece of work does beside being noted. */
  readonly doing?: () => Promise<void>;
  readonly unpriced?: boolean;
  /** Fails, or hangs, in place of an answer. */
  readonly ask?: (signal: AbortSignal | undefined) => Promise<void>;
}

const input = z.object({ id: z.string() });

function onAiSdk({ asks = false, doing, ask, unpriced = false }: Work = {}): Working {
  const done: string[] = [];
  const { model, asked } = ai.stub(
    [
      [ai.text("turn a"), ai.call("a", "work", { id: "a" })],
      [ai.text("turn b"), ai.call("b", "work", { id: "b" })],
      [ai.text("done")],
    ],
    ask ? { ask } : {},
  );
  const work = tool({
    inputSchema: input,
    needsApproval: asks,
    async execute({ id }) {
      done.push(id);
      await doing?.();
      return "ok";
    },
  });
  const settings = {
    name: "worker",
    model,
    tools: { work },
    ...(unpriced ? {} : { price: priced }),
  };
  const agent = aiSdkAgent(settings as never);
  return { agent, asked: () => asked.length, done };
}

function onOpenAI({ asks = false, doing, ask, unpriced = false }: Work = {}): Working {
  const done: string[] = [];
  const { model, asked } = openai.stub(
    [
      [openai.text("turn a"), openai.call("a", "work", { id: "a" })],
      [openai.text("turn b"), openai.call("b", "work", { id: "b" })],
      [openai.text("done")],
    ],
    ask ? { ask } : {},
  );
  const work = openAITool(
    durableTool({
      name: "work",
      description: "Works.",
      parameters: input,
      needsApproval: asks,
      async execute({ id }) {
        done.push(id);
        await doing?.();
        return "ok";
      },
    }),
  );
  const agent = openAIAgent(new Agent({ name: "worker", model: "stub-1", tools: [work] }), {
    modelProvider: { getModel: async () => model },
    ...(unpriced ? {} : { price: priced }),
  });
  return { agent, asked: () => asked.length, done };
}

/** The agent in each of the frameworks. */
export const frameworks = [
  ["the AI SDK", onAiSdk],
  ["the OpenAI Agents SDK", onOpenAI],
] as const;
