import { answers, asks, call, gives, REFUND } from "../desk.ts";
import { amend, begin, cancel, commit, noticed, suspend } from "./events.ts";
import { busy, carried, early, moved, overtaken, running, withQueue } from "./states.ts";
import type { Row } from "./row.ts";

const OUTPUT = { status: "completed", output: 1 } as const;

/** The rows of a run that an execution works on. */
export const runningRows: readonly Row[] = [
  {
    state: "running by E1",
    event: "begin by E1",
    guard: "the same step",
    prepare: running,
    act: async (store) =>
      store.runs.begin("t", asks("r", "E1", { message: { id: "m-r", value: 1 } })),
  },
  {
    state: "running by E1",
    event: "begin by E1",
    guard: "another step",
    prepare: running,
    act: begin("E1", { operationId: "other" }),
  },
  { state: "running by E1", event: "begin by F", prepare: running, act: begin("F") },
  {
    state: "running by E1",
    event: "begin by F, seen",
    guard: "the pulse has moved",
    prepare: moved,
    act: begin("F"),
  },
  {
    state: "running by E1",
    event: "begin by F, seen",
    guard: "the pulse has not moved",
    prepare: busy,
    act: begin("F"),
  },
  {
    state: "running by E1",
    event: "pulse",
    prepare: running,
    act: async (store, { lease }) => lease && store.runs.pulse(lease, { ms: 9000 }),
  },
  {
    state: "running by E1",
    event: "model step",
    prepare: running,
    act: commit(answers(2, "next", [call("c3")])),
  },
  {
    state: "running by E1",
    event: "model step",
    guard: "its answer is stored",
    prepare: running,
    act: commit(answers(1, "other")),
  },
  {
    state: "running by E1",
    event: "tool step",
    prepare: running,
    act: commit(gives(1, "c1", "done")),
  },
  {
    state: "running by E1",
    event: "last model step",
    prepare: running,
    act: commit({ ...answers(2, "bye"), settle: OUTPUT }),
  },
  {
    state: "running by E1",
    event: "last model step",
    guard: "a run is next",
    prepare: withQueue,
    act: commit({ ...answers(2, "bye"), settle: OUTPUT }),
  },
  {
    state: "running by E1",
    event: "request",
    prepare: running,
    act: async (store, { lease }) =>
      lease && store.approvals.request(lease, 1, [REFUND], { operationId: "ask" }),
  },
  {
    state: "running by E1",
    event: "suspend",
    prepare: running,
    act: commit(suspend(["c1", "c2"])),
  },
  {
    state: "running by E1",
    event: "suspend",
    guard: "decided early",
    prepare: early,
    act: commit(suspend(["c1"])),
  },
  {
    state: "running by E2",
    event: "suspend",
    guard: "one that was asked before waits still",
    prepare: carried,
    act: commit(suspend(["c2"])),
  },
  { state: "running by E1", event: "continuation", prepare: running, act: commit(suspend([])) },
  {
    state: "running by E1",
    event: "decide",
    guard: "before it is asked",
    prepare: running,
    act: async (store) =>
      store.approvals.decide("t", { runId: "r", callId: "c1" }, { kind: "approve" }),
  },
  {
    state: "running by E1",
    event: "failure",
    prepare: running,
    act: commit({ settle: { status: "failed", error: { name: "Error", message: "no" } } }),
  },
  { state: "running by E1", event: "failure notice of E1", prepare: running, act: noticed("E1") },
  { state: "running by E1", event: "failure notice of F", prepare: running, act: noticed("F") },
  {
    state: "running by E1",
    event: "cancel notice of E1",
    prepare: running,
    act: noticed("E1", "cancelled"),
  },
  { state: "running by E1", event: "cancel", prepare: withQueue, act: cancel },
  { state: "running by E1", event: "amend", prepare: running, act: amend() },
  {
    state: "running by F",
    event: "tool step of E1",
    prepare: overtaken,
    act: commit(gives(1, "c1", "late")),
  },
];
