import type { Store } from "@perdure/checkpoint-core";
import {
  createAgentLoop,
  createInngestAgent,
  type InngestAgent,
  type ModelFunction,
  realtimePublisher,
  runChannel,
  storePublisher,
} from "@perdure/inngest-bridge";
import type { Inngest } from "inngest";

/** What the agent is made with. */
export interface Surroundings {
  readonly inngest: Inngest.Any;
  readonly store: Store;
  readonly model: ModelFunction;
}

/** An agent whose runs are heard in two ways: in the store, where all of it stays, and over Inngest Realtime, for browsers. */
export function ferryAgent({ inngest, store, model }: Surroundings): InngestAgent {
  return createInngestAgent({
    inngest,
    store,
    agent: createAgentLoop({ name: "ferry", model, systemPrompt: "You know the timetable." }),
    publishers: [storePublisher(), realtimePublisher(inngest)],
  });
}

/** What a browser needs to listen to a run. */
export interface Ticket {
  readonly channel: string;
  readonly topics: ["events"];
  readonly key: string;
  /** Where Inngest's server is. */
  readonly apiBaseUrl: string;
}

/** A ticket for a run, good for a minute: to be given to whom the run belongs, by a route that knows who asks. */
export async function ticketFor(inngest: Inngest.Any, runId: string): Promise<Ticket> {
  const { name: channel } = runChannel(runId);
  const topics: ["events"] = ["events"];
  const { key } = await inngest.realtime.token({ channel, topics });
  if (key === undefined) throw new Error("Inngest gave no token.");
  return { channel, topics, key, apiBaseUrl: inngest.apiBaseUrl };
}
