import { openStore } from "@perdure/checkpoint-core";
import {
  createAgentLoop,
  createInngestAgent,
  defineTool,
  openAIModel,
} from "@perdure/inngest-bridge";
import { Inngest } from "inngest";

/** Where the agent's surroundings are. Every process of the app is given the same. */
export interface Surroundings {
  /** The store that all processes share: `file:`, `postgres:`, `redis:` or `dynamodb:`. */
  readonly storeUrl: string;
  /** The base URL of a server that speaks OpenAI's protocol. */
  readonly modelUrl: string;
  readonly modelName: string;
  /** The payment side. */
  readonly refundUrl: string;
}

/** The support agent: it looks orders up, and asks a person before it refunds one. */
export async function supportAgent({ storeUrl, modelUrl, modelName, refundUrl }: Surroundings) {
  const inngest = new Inngest({ id: "support-app" });
  const store = await openStore(storeUrl);
  const agent = createAgentLoop({
    name: "support",
    model: openAIModel({ baseUrl: modelUrl, apiKey: "demo", model: modelName }),
    systemPrompt:
      "You help customers with their orders. Look an order up before you refund it. Amounts are in cents.",
    tools: {
      lookup_order: defineTool({
        description: "Looks an order up by its number.",
        parameters: {
          type: "object",
          properties: { order: { type: "string" } },
          required: ["order"],
          additionalProperties: false,
        },
        execute: ({ order }: { order: string }) => ({ order, cents: 4200, status: "delivered" }),
      }),
      refund_order: defineTool({
        description: "Refunds an order. A person approves it first.",
        parameters: {
          type: "object",
          properties: { order: { type: "string" }, cents: { type: "integer" } },
          required: ["order", "cents"],
          additionalProperties: false,
        },
        requiresApproval: true,
        async execute(refund: { order: string; cents: number }, { idempotencyKey }) {
          const response = await fetch(refundUrl, {
            method: "POST",
            headers: { "idempotency-key": idempotencyKey },
            body: JSON.stringify(refund),
          });
          if (!response.ok) throw new Error(`The refund service answered ${response.status}.`);
          return response.json();
        },
      }),
    },
  });
  // A wake-up that finds no process waits for the next one: enough attempts for a slow start.
  const support = createInngestAgent({ inngest, agent, store, functionOptions: { retries: 10 } });
  return { inngest, store, support };
}

/** The surroundings as a process was given them: one JSON argument. */
export function surroundingsFrom(argument: string | undefined): Surroundings {
  return JSON.parse(argument ?? "{}") as Surroundings;
}
