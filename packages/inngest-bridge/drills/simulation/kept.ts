/** Seeds that have found a defect which nobody had planted, and has been mended since. */
export const kept: readonly { readonly seed: number; readonly found: string }[] = [
  { seed: 102, found: "a decision after the end of a run was told that its call is done" },
  { seed: 221, found: "a cancel threw an untyped error where Inngest could not be reached" },
  { seed: 292, found: "the next run was not woken where its wake-up could not be sent" },
];

/** The first seed that found each planted defect. A change of the code gives seeds other worlds: then the hunt goes on from the first one. */
export const foundBy: Readonly<Record<string, number>> = {
  "commits-without-the-fence": 722,
  "begins-on-any-lease": 1,
  "queues-behind-a-free-thread": 56,
  "queues-over-the-queue": 42,
  "suspends-over-decisions": 190,
  "decides-twice": 133,
  "answers-itself": 467,
  "takes-over-at-once": 1,
  "anyone-restarts-a-failure": 36,
  "blind-look": 0,
  "looks-past-the-lease": 1,
  "starts-unrecorded": 0,
  "forgets-the-queue": 292,
  "sends-only-when-ready": 236,
  "wakes-by-name": 6,
  "wakes-nobody": 6,
};
