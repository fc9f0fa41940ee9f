import { AsyncLocalStorage } from "node:async_hooks";
import { digestOf } from "@perdure/checkpoint-core";
import { Spending } from "./spending.ts";

/** One call that hands over, and the agent at work inside of it. */
export class Below {
  /** The call's id, under those of the calls above it. */
  readonly path: string;
  readonly spending: Spending = new Spending();
  /** Whose loop it is; none before it has begun. */
  agent: string | undefined;
  #thoughts = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Names the next call of its model: its loop asks one after the other. */
  nextThought(): string {
    this.#thoughts += 1;
    return `~${this.path}/${this.#thoughts}`;
  }
}

const belows = new AsyncLocalStorage<Below>();

/** The handed over call that the caller's code is part of; none in the run's own loop. */
export function currentBelow(): Below | undefined {
  return belows.getStore();
}

export function insideBelow<T>(below: Below, body: () => T): T {
  return belows.run(below, body);
}

// A store takes ids of 4,096 units, and calls may lie a few deep.
const MAX_ID_UNITS = 1024;

/** How a call is known in the run: an agent below names its calls as it likes, so the call that handed over to it stands before. */
export function idIn(below: Below | undefined, callId: string): string {
  if (!below) return callId;
  const id = `${below.path}/${callId}`;
  return id.length <= MAX_ID_UNITS ? id : `~${digestOf(id).slice(0, 32)}`;
}
