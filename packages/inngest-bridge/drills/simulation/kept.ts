/** Seeds that have found a defect which nobody had planted, and has been mended since. */
export const kept: readonly { readonly seed: number; readonly found: string }[] = [
  { seed: 102, found: "a decision after the end of a run was told that its call is done" },
  { seed: 221, found: "a cancel threw an untyped error where Inngest could not be reached" },
  { seed: 292, found: "the next run was not woken where its wake-up could not be sent" },
  { seed: 492, found: "the next run was not woken where the step that ends a run fails twice" },
  { seed: 11, found: "a deletion that was cut short kept the upkeep from every other run" },
  { seed: 253, found: "an execution failed that waited while its thread was being deleted" },
  { seed: 359, found: "model calls of tools below did not count for the budget above" },
  { seed: 3221, found: "the next run was not woken where the notice of a failure was cut short" },
];

/** The first seed that found each planted defect. A change of the code gives seeds other worlds: then the hunt goes on from the first one. */
export const foundBy: Readonly<Record<string, number>> = {
  "blind-look": 0,
  "takes-over-at-once": 0,
  "starts-unrecorded": 1,
  "wakes-by-name": 2,
  "keys-by-chance": 2,
  "wakes-nobody": 3,
  "looks-past-the-lease": 5,
  "begins-on-any-lease": 7,
  "cancel-wakes-nobody": 14,
  "anyone-restarts-a-failure": 15,
  "begins-anew": 18,
  "does-it-again": 24,
  "decides-twice": 66,
  "queues-over-the-queue": 107,
  "answers-itself": 161,
  "queues-behind-a-free-thread": 351,
  "sends-only-when-ready": 390,
  "suspends-over-decisions": 147,
  "forgets-the-queue": 473,
  "commits-without-the-fence": 1625,
  "cancels-nobody-below": 7,
  "spends-without-end": 19,
  "fails-anothers-run": 31,
  "closes-over-an-answer": 53,
};
