import { amend, begin, cancel, decide, retry } from "./events.ts";
import type { Row } from "./row.ts";
import { completed, final, superseded } from "./states.ts";

/** The rows of a run that has ended for good. */
export const finalRows: readonly Row[] = [
  { state: "completed", event: "begin", prepare: completed, act: begin("E2") },
  {
    state: "completed",
    event: "begin",
    guard: "a rerun of its event",
    prepare: completed,
    act: begin("E2", { event: "event-E1" }),
  },
  { state: "completed", event: "retry", prepare: completed, act: retry() },
  { state: "completed", event: "amend", prepare: completed, act: amend() },
  { state: "completed", event: "cancel", prepare: completed, act: cancel },
  { state: "superseded", event: "begin", prepare: superseded, act: begin("E2") },
  { state: "superseded", event: "decide", prepare: superseded, act: decide("approve") },
  { state: "superseded", event: "cancel", prepare: superseded, act: cancel },
  { state: "cancelled", event: "begin", prepare: final, act: begin("E2") },
  { state: "cancelled", event: "decide", prepare: final, act: decide("approve") },
  { state: "cancelled", event: "cancel again", prepare: final, act: cancel },
];
