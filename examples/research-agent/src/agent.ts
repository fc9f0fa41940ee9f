import type { Store } from "@perdure/checkpoint-core";
import {
  createAgentLoop,
  createInngestAgent,
  defineTool,
  type InngestAgent,
  inngestTool,
  type ModelFunction,
} from "@perdure/inngest-bridge";
import { eventType, type Inngest, staticSchema } from "inngest";

/** What the agent is made with. */
export interface Surroundings {
  readonly inngest: Inngest.Any;
  readonly store: Store;
  readonly model: ModelFunction;
  /** The web. What it throws is tried again. */
  readonly web: {
    search(topic: string): Promise<readonly string[]>;
    read(page: string): Promise<string>;
  };
}

const topicAsked = eventType("research/topic.asked", {
  schema: staticSchema<{ readonly topic: string }>(),
});

/** An agent that reads several pages at the same time, and has a whole topic looked into by a function of many steps. */
export function researcher({ inngest, store, model, web }: Surroundings): {
  readonly agent: InngestAgent;
  readonly functions: InngestAgent["functions"];
} {
  // A tool of many steps is an Inngest function, with retries of its own for each page.
  const lookInto = inngest.createFunction(
    { id: "look-into-topic", triggers: [topicAsked] },
    async ({ event, step }) => {
      const pages = await step.run("search", async () => web.search(event.data.topic));
      const texts = pages.map(async (page) => step.run(`read-${page}`, async () => web.read(page)));
      return (await Promise.all(texts)).join(" ");
    },
  );
  const loop = createAgentLoop({
    name: "researcher",
    model,
    systemPrompt: "You answer from what you have read, and name your sources.",
    tools: {
      read_page: defineTool({
        description: "Reads a page.",
        parameters: {
          type: "object",
          properties: { page: { type: "string" } },
          required: ["page"],
        },
        execute: async ({ page }: { page: string }) => web.read(page),
      }),
      look_into: inngestTool({
        description: "Finds pages on a topic and reads them all.",
        parameters: {
          type: "object",
          properties: { topic: { type: "string" } },
          required: ["topic"],
        },
        function: lookInto,
      }),
    },
  });
  const agent = createInngestAgent({ inngest, store, agent: loop });
  return { agent, functions: [...agent.functions, lookInto] };
}
