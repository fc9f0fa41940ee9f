import { checkGiven, digestOf, type Scope } from "@perdure/checkpoint-core";
import { type Inngest, staticSchema } from "inngest";
import { type Realtime, realtime } from "inngest/realtime";
import { plainJson } from "../steps/output.ts";
import type { Publisher } from "./publisher.ts";
import type { RunEvent } from "./vocabulary.ts";

/** Events of a run as they go over Inngest Realtime: as plain JSON, in their order. */
export type RealtimeEvents = {
  readonly runId: string;
  /** Names these events: ones of a name that has been seen are the same again. */
  readonly name: string;
  readonly events: readonly RunEvent[];
};

/** A run's channel. */
export type RunChannel = Realtime.ChannelInstance<
  string,
  { readonly events: { readonly schema: ReturnType<typeof staticSchema<RealtimeEvents>> } }
>;

// Inngest cuts messages above 512 KB, and what is cut is no JSON.
const MESSAGE_BYTES = 400 * 1024;

/** The channel of a run for `inngest/realtime`: its topic is `events`. The name tells nothing of the run, and is another one in another tenant. */
export function runChannel(runId: string, { tenant }: Scope = {}): RunChannel {
  const name = `perdure/run/${digestOf([tenant ?? null, runId]).slice(0, 40)}`;
  return realtime.channel({ name, topics: { events: { schema: staticSchema<RealtimeEvents>() } } });
}

/**
 * Inngest Realtime, for browsers that listen to it: live, from the moment of their subscription on, and without a promise that all arrives. Beside the store's stream, which has all
 * of it. An event that no message holds is left out.
 */
export function realtimePublisher(inngest: Pick<Inngest.Any, "realtime">): Publisher {
  checkGiven("realtimePublisher", { inngest }, { inngest: "object" });
  return {
    async publish({ store, runId }, events, { operationId }) {
      const { events: topic } = runChannel(runId, store.scope);
      for (const [nth, some] of messagesOf(events).entries()) {
        const name = nth === 0 ? operationId : `${operationId}:${nth}`;
        await inngest.realtime.publish(topic, { runId, name, events: some });
      }
    },
  };
}

/** The events as plain JSON, in lists that a message holds. */
function messagesOf(events: readonly RunEvent[]): readonly (readonly RunEvent[])[] {
  const messages: RunEvent[][] = [];
  let room = 0;
  for (const event of events) {
    const plain = plainJson(event) as RunEvent;
    const bytes = Buffer.byteLength(JSON.stringify(plain));
    if (bytes > MESSAGE_BYTES) continue;
    if (bytes > room) {
      messages.push([]);
      room = MESSAGE_BYTES;
    }
    messages.at(-1)?.push(plain);
    room -= bytes;
  }
  return messages;
}
