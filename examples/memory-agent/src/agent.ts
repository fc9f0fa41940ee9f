import type { Scope, Store } from "@perdure/checkpoint-core";
import {
  createAgentLoop,
  createInngestAgent,
  type IncomingEvent,
  memoryTools,
  type ModelFunction,
} from "@perdure/inngest-bridge";
import type { Inngest } from "inngest";

/** What the agent is made with. */
export interface Surroundings {
  readonly inngest: Inngest.Any;
  readonly store: Store;
  readonly model: ModelFunction;
}

/** An assistant that remembers its users over all of their threads. It reads at once; what it writes goes out as events, and functions in the background apply them. */
export function rememberingAssistant({ inngest, store, model }: Surroundings) {
  const memory = memoryTools({ inngest, store, scope });
  const assistant = createInngestAgent({
    inngest,
    store,
    scope,
    agent: createAgentLoop({
      name: "assistant",
      model,
      systemPrompt: "Remember what users tell you about themselves, and recall it when it helps.",
      tools: memory.tools, // or some of them, beside your own
    }),
  });
  return { assistant, functions: [...assistant.functions, ...memory.functions] };
}

/** Whose threads and memories an event is about: our own code alone sends events, and `data` is what it has put there. */
function scope({ data }: IncomingEvent): Scope {
  return { user: String(data["user"]) };
}
