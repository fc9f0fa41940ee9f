/**
 * Runs `work` while `new Date()` and `Date.now()` of this process say `ms`. It is how a case sets the clock of code that has no option for it; other timers go on.
 * Not for work that runs beside other work.
 */
export async function atClock<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const RealDate = Date;
  // Own functions, for `Date` called without `new` must go on answering a text.
  const stopped = new Proxy(RealDate, {
    construct: (target, given: number[], newTarget) =>
      Reflect.construct(target, given.length === 0 ? [ms] : given, newTarget) as object,
    get: (target, name, receiver) =>
      name === "now" ? () => ms : (Reflect.get(target, name, receiver) as unknown),
  });
  globalThis.Date = stopped;
  try {
    return await work();
  } finally {
    globalThis.Date = RealDate;
  }
}

/** Clocks that have put the last write in the wrong place somewhere: standing still, an hour back, an hour ahead, and back again. */
export const badClocks: readonly number[] = [0, 0, -3_600_000, 3_600_000, 0, -1, 0].map(
  (offset) => 1_700_000_000_000 + offset,
);
