/** Where the server reads the time. A virtual clock moves only when it is told to. */
export interface Clock {
  readonly kind: "virtual" | "real";
  now(): number;
  /** Moves a virtual clock forward; a real one moves by itself and ignores this. */
  moveTo(at: number): void;
}

export function virtualClock(start: number): Clock {
  let now = start;
  return {
    kind: "virtual",
    now: () => now,
    moveTo: (at) => {
      now = Math.max(now, at);
    },
  };
}

export const realClock: Clock = {
  kind: "real",
  now: () => Date.now(),
  moveTo: () => undefined,
};
