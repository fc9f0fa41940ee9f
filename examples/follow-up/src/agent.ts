import type { Message, Store } from "@perdure/checkpoint-core";
import {
  createAgentLoop,
  createInngestAgent,
  type InngestAgent,
  type ModelFunction,
} from "@perdure/inngest-bridge";
import type { Inngest } from "inngest";

/** What the agent is made with. */
export interface Surroundings {
  readonly inngest: Inngest.Any;
  readonly store: Store;
  readonly model: ModelFunction;
  /** How long a customer may think, in milliseconds; a day when not given. */
  readonly patienceMs?: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** A support agent that asks once more where a customer has not replied. */
export function supportAgent({
  inngest,
  store,
  model,
  patienceMs = DAY_MS,
}: Surroundings): InngestAgent {
  const support: InngestAgent = createInngestAgent({
    inngest,
    store,
    agent: createAgentLoop({ name: "support", model, systemPrompt: "You help with printers." }),
    // Behind each answer, in a step of its own.
    async onFinish({ threadId }) {
      const history = await store.history.read<Message>(threadId, { limit: 50 });
      const asked = history.findLast(({ value }) => value.role === "user");
      if (!asked) return;
      // Named by the message that was answered: setting it again changes nothing, and the follow-up's own answer sets no other.
      await support.followUp(threadId, {
        id: `after-${asked.id}`,
        after: patienceMs,
        instructions: "The customer has not replied. Ask in a sentence whether it works now.",
      });
    },
  });
  return support;
}
