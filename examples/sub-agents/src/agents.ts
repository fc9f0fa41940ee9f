import type { Store } from "@perdure/checkpoint-core";
import {
  createAgentLoop,
  createInngestAgent,
  createUpkeep,
  defineTool,
  delegate,
  type InngestAgent,
  type ModelFunction,
  schedule,
  spawn,
} from "@perdure/inngest-bridge";
import type { Inngest } from "inngest";

/** What the agents are made with. */
export interface Surroundings {
  readonly inngest: Inngest.Any;
  readonly store: Store;
  readonly model: ModelFunction;
  /** The world outside. Each of the two does a thing once for each key. */
  readonly refund: (order: string, key: string) => Promise<unknown>;
  readonly send: (letter: string, key: string) => Promise<unknown>;
}

/** A desk that has a clerk refund, and a writer write: now, and later. */
export function desk({ inngest, store, model, refund, send }: Surroundings): {
  readonly support: InngestAgent;
  readonly functions: InngestAgent["functions"];
} {
  // Works while the desk waits, in the desk's own execution: a loop is all that it needs to be.
  const clerk = createAgentLoop({
    name: "clerk",
    model,
    systemPrompt: "You refund orders.",
    tools: {
      refund: defineTool({
        description: "Refunds an order.",
        parameters: order,
        requiresApproval: true,
        execute: async (input: { order: string }, { idempotencyKey }) =>
          refund(input.order, idempotencyKey),
      }),
    },
  });
  // Works by itself, in runs of its own: an Inngest agent, with events of its own.
  const writer = createInngestAgent({
    inngest,
    store,
    runEvent: "writer/run",
    resumeEvent: "writer/resume",
    upkeep: false,
    agent: createAgentLoop({
      name: "writer",
      model,
      systemPrompt: "You write letters to customers.",
      tools: {
        send: defineTool({
          description: "Sends a letter.",
          parameters: letter,
          execute: async (input: { letter: string }, { idempotencyKey }) =>
            send(input.letter, idempotencyKey),
        }),
      },
    }),
  });
  const support = createInngestAgent({
    inngest,
    store,
    upkeep: false,
    agent: createAgentLoop({
      name: "desk",
      model,
      systemPrompt: "You run the desk. You do nothing yourself.",
      tools: {
        clerk: delegate(clerk, { description: "Refunds orders. Answers what came of it." }),
        write: spawn(writer, { description: "Has a letter written, now." }),
        remind: schedule(writer, { description: "Has a letter written, later." }),
      },
    }),
  });
  // One cron looks after both.
  const upkeep = createUpkeep({ inngest, store });
  return { support, functions: [...support.functions, ...writer.functions, upkeep] };
}

const order = {
  type: "object",
  properties: { order: { type: "string" } },
  required: ["order"],
} as const;

const letter = {
  type: "object",
  properties: { letter: { type: "string" } },
  required: ["letter"],
} as const;
