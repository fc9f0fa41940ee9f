import type { RealtimeEvents, RunEvent } from "@perdure/inngest-bridge";
import { subscribe } from "inngest/realtime";
import type { Ticket } from "./agent.ts";

/** Listens to a run from now on, as a browser does, until the function that is returned is called. Messages come in their order, perhaps twice, and have a name by which to tell. */
export async function listen(ticket: Ticket, hear: (event: RunEvent) => void): Promise<() => void> {
  const known = new Set<string>();
  const subscription = await subscribe({
    ...ticket,
    onMessage({ data }: { readonly data: unknown }) {
      const { name, events } = data as RealtimeEvents;
      if (known.has(name)) return;
      known.add(name);
      for (const event of events) hear(event);
    },
  });
  return () => subscription.unsubscribe();
}
