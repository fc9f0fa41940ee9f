import type { Defect } from "../defect.ts";

/** Bridges that get one of the protocol's rules wrong. */
export const wrongBridges: readonly Defect[] = [
  {
    id: "keys-by-attempt",
    does: "each execution of a tool gives the service another idempotency key",
    call: (context) => ({ ...context, idempotencyKey: `${context.idempotencyKey}/${next()}` }),
  },
  {
    id: "wakes-by-name",
    does: "the wake-up of a run has the same id each time, so that a later one is swallowed",
    leaving: (event) =>
      event.name.includes("resume")
        ? { ...event, id: `wake-${String(event.data["runId"])}` }
        : event,
  },
  {
    id: "wakes-nobody",
    does: "the run that is next in the queue is not woken",
    leaving: (event) => (event.id?.startsWith("perdure:wake:") ? undefined : event),
  },
  {
    id: "starts-afresh",
    does: "an execution that takes a run over begins with its first turn",
    agent: (right) => ({
      locate: async () => undefined,
      resume: async (_state, _decisions, context) => right.run({}, context),
    }),
  },
  {
    id: "goes-on-from-the-checkpoint",
    does: "an execution that takes a run over does not look for what was stored since its last suspension",
    agent: () => ({ locate: async () => undefined }),
  },
  {
    id: "takes-what-it-cannot-read",
    does: "a deploy without a tool claims a run that waits for it",
    agent: () => ({ check: () => undefined }),
  },
];

let counted = 0;

function next(): number {
  counted += 1;
  return counted;
}
