/** The server's limits, in bytes and counts. A test that needs less work lowers them. */
export interface Limits {
  /** Saved steps of one run; a run that has this many fails at its next request. */
  readonly steps: number;
  /** Operations that one response may report. */
  readonly opsPerResponse: number;
  /** Bytes of what one step was given. */
  readonly stepInputBytes: number;
  /** Bytes of one step's output with its JSON wrapper. */
  readonly stepOutputBytes: number;
  /** Bytes of everything that a run has memoised. */
  readonly stateBytes: number;
  /** Bytes of a request body above which the SDK is told to fetch the state itself. */
  readonly requestBytes: number;
  /** Bytes of a response of the SDK. */
  readonly responseBytes: number;
  /** Bytes of one event. */
  readonly eventBytes: number;
  readonly eventNameBytes: number;
  readonly eventsPerPost: number;
  /** Bytes of one realtime message; what is beyond is cut off. */
  readonly messageBytes: number;
  /** How long an event id starts a function once, in milliseconds. */
  readonly dedupeMs: number;
}

export const serverLimits: Limits = {
  steps: 1000,
  opsPerResponse: 1000,
  stepInputBytes: 4_194_304,
  stepOutputBytes: 4_194_304,
  stateBytes: 33_554_432,
  requestBytes: 4_194_304,
  responseBytes: 8_388_608,
  eventBytes: 3_145_728,
  eventNameBytes: 512,
  eventsPerPost: 5000,
  messageBytes: 524_288,
  dedupeMs: 86_400_000,
};

const backOff = [15, 30, 60, 120, 300, 600, 1200, 2400, 3600, 7200];

/** The server's own delay before attempt `attempt` (1 is the first retry), without its jitter, in milliseconds. */
export function serverRetryDelay(attempt: number): number {
  return (backOff[Math.min(attempt, backOff.length) - 1] ?? 15) * 1000;
}
