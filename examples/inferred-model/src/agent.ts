import type { Store } from "@perdure/checkpoint-core";
import {
  createAgentLoop,
  createInngestAgent,
  defineTool,
  inferredModel,
  type InngestAgent,
} from "@perdure/inngest-bridge";
import type { Inngest } from "inngest";

/** What the agent is made with. */
export interface Surroundings {
  readonly inngest: Inngest.Any;
  readonly store: Store;
  /** The provider's key. It goes to Inngest's server with each request. */
  readonly apiKey: string;
}

/** An agent whose model Inngest's server asks (`step.ai.infer`): while the model thinks, no process of ours waits or is paid for. */
export function weatherAgent({ inngest, store, apiKey }: Surroundings): InngestAgent {
  const agent = createAgentLoop({
    name: "weather",
    model: inferredModel({ apiKey, model: "gpt-5-mini" }),
    systemPrompt: "You tell the weather.",
    tools: {
      forecast: defineTool({
        description: "The forecast for a city.",
        parameters: {
          type: "object",
          properties: { city: { type: "string" } },
          required: ["city"],
        },
        execute: async ({ city }: { city: string }) => `${city}: rain until noon`,
      }),
    },
  });
  return createInngestAgent({ inngest, store, agent });
}
