/** Seeds that have found a defect which nobody had planted, and has been mended since: each in the world that it had then. A change of the code gives seeds other worlds. */
export const kept: readonly { readonly seed: number; readonly found: string }[] = [
  { seed: 102, found: "a decision after the end of a run was told that its call is done" },
  { seed: 221, found: "a cancel threw an untyped error where Inngest could not be reached" },
  { seed: 292, found: "the next run was not woken where its wake-up could not be sent" },
  { seed: 492, found: "the next run was not woken where the step that ends a run fails twice" },
  { seed: 11, found: "a deletion that was cut short kept the upkeep from every other run" },
  { seed: 253, found: "an execution failed that waited while its thread was being deleted" },
  { seed: 359, found: "model calls of tools below did not count for the budget above" },
  { seed: 3221, found: "the next run was not woken where the notice of a failure was cut short" },
  { seed: 7722, found: "a tool's own step began though the run was cancelled ahead of its pulse" },
  { seed: 6225, found: "an execution failed whose thread was deleted behind its step's look" },
  { seed: 7217, found: "a late decision on an agent that has failed failed its execution" },
  { seed: 115, found: "an agent below a function of one's own was ended by nobody" },
  { seed: 1582, found: "a function failed whose thread was being deleted as it was told" },
];
