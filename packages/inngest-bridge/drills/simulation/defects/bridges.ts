import type { Defect } from "../defect.ts";

/** Bridges that get one of the protocol's rules wrong. */
export const wrongBridges: readonly Defect[] = [
  {
    id: "wakes-by-name",
    does: "the wake-up of a run has the same id each time, so that a later one is swallowed",
    leaving: (event) =>
      event.name.includes("resume")
        ? { ...event, id: `wake-${String(event.data["runId"])}` }
        : event,
  },
  {
    id: "keys-by-chance",
    does: "a call has another idempotency key each time that it is done",
    call: (context) => ({ ...context, idempotencyKey: `${Math.random()}` }),
  },
  {
    id: "wakes-nobody",
    does: "the run that is next in the queue is not woken",
    leaving: (event) => (event.id?.startsWith("perdure:wake:") ? undefined : event),
  },
];
