import type { RunEvents, StoredEvent } from "./event.ts";
import type { Rates } from "./rate.ts";

/** What flow control remembers, by function and key. */
export interface FlowState {
  readonly rates: Rates;
  readonly throttles: Rates;
  /** The run that holds a singleton's key. */
  readonly singletons: Map<string, string>;
  readonly debounces: Map<string, Debounced>;
  readonly batches: Map<string, Batch>;
}

export interface Debounced {
  readonly functionId: string;
  readonly event: StoredEvent;
  /** When it starts whatever comes. */
  readonly until: number;
}

export interface Batch {
  readonly functionId: string;
  readonly events: RunEvents;
}

/** Nothing has happened yet. */
export function emptyFlow(): FlowState {
  return {
    rates: new Map(),
    throttles: new Map(),
    singletons: new Map(),
    debounces: new Map(),
    batches: new Map(),
  };
}
