import type { Lease, Store } from "@perdure/checkpoint-core";
import type { Publisher } from "../streams/publisher.ts";
import type { ChildMark, RunEvent } from "../streams/vocabulary.ts";

/**
 * What a run says that works for another one goes into the stream of that one, marked with who says it; so that of a child's child reaches the topmost. Its parts have names of their own there, and
 * the end of it is not the end of the stream.
 */
export function publisherAbove(
  publisher: Publisher,
  store: Store,
  { threadId, runId, life }: Lease,
  child: ChildMark,
): Publisher {
  const above = { store, threadId, runId, life };
  return {
    async publish(_run, events, { operationId }) {
      const told = events.filter(({ event }) => event !== "stream.ended");
      if (told.length === 0) return;
      const marked = told.map((event) => (event.child ? event : markedBy(event, child)));
      await publisher.publish(above, marked, { operationId: `${child.runId}/${operationId}` });
    },
  };
}

function markedBy(event: RunEvent, child: ChildMark): RunEvent {
  const { data } = event;
  const own = "partId" in data ? { ...data, partId: `${child.runId}/${data.partId}` } : data;
  return { ...event, data: own, child } as RunEvent;
}
