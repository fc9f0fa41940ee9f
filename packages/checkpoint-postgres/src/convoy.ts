import { setImmediate as nextTurn } from "node:timers/promises";
import { StorageError } from "@perdure/checkpoint-core";
import { isRolledBack } from "./errors.ts";

/** A write as the functions of the schema take it. */
export interface WriteCall {
  readonly name: string;
  readonly now: number;
  readonly mode: number;
  readonly keys: readonly string[];
  /** Four for each key, with commas between. */
  readonly numbers: string;
  readonly values: Buffer;
}

/** What became of a write: the revision, `-i` for the entry that failed, `undefined` where the partition was dropped. */
export type WriteAnswer = number | undefined;

/** How writes are sent. */
export interface Ways {
  alone(call: WriteCall): Promise<WriteAnswer>;
  /** All in one transaction, which waits for nobody: the answers in their order, `busy` for one that was not tried. */
  together(calls: readonly WriteCall[]): Promise<readonly (WriteAnswer | "busy")[]>;
}

/** Sends writes: a few at once each for itself, many in company, which takes the server and this process half the work. */
export interface Convoy {
  send(call: WriteCall): Promise<WriteAnswer>;
  /** Lets go what waits, and resolves when every write has its answer. `send` is `CLOSED` from then on. */
  close(): Promise<void>;
}

/** Writes without an answer, below which the next one goes alone: so few gain nothing from waiting for each other. */
const FEW_WRITES = 4;

/** Writes that are enough to go together, and the most that do: each waits for all of them. */
const ENOUGH_WRITES = 8;
const MOST_WRITES = 32;

/** Transactions at once, while more wait: the server works on one while another one's commit waits for the disk, and this process on the next. */
const UNDER_WAY = 2;

/** Milliseconds that a write waits for company: what is under way may stand behind a lock, or have a long way. */
const PATIENCE_MS = 1;

/** Bytes of a write that goes with others. */
const SMALL_BYTES = 64 * 1024;

interface Waiting {
  readonly call: WriteCall;
  readonly resolve: (answer: WriteAnswer | PromiseLike<WriteAnswer>) => void;
  readonly reject: (error: unknown) => void;
}

/** A convoy over these ways. Each write has an answer of its own: what fails in company with nothing written, and what was not tried there, is sent alone. */
export function convoyOf(ways: Ways): Convoy {
  return new Departures(ways);
}

class Departures implements Convoy {
  readonly #ways: Ways;
  readonly #unanswered = new Set<Promise<WriteAnswer>>();
  #waiting: Waiting[] = [];
  #patience: NodeJS.Timeout | undefined;
  #underWay = 0;
  #closed = false;

  constructor(ways: Ways) {
    this.#ways = ways;
  }

  async send(call: WriteCall): Promise<WriteAnswer> {
    if (this.#closed) throw new StorageError("CLOSED", "The Postgres backend was closed.");
    const alone = this.#unanswered.size < FEW_WRITES || call.values.byteLength > SMALL_BYTES;
    const answer = alone ? this.#single(call) : this.#inCompany(call);
    this.#unanswered.add(answer);
    try {
      return await answer;
    } finally {
      this.#unanswered.delete(answer);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    while (this.#waiting.length > 0) this.#leave();
    await Promise.allSettled(this.#unanswered);
  }

  async #single(call: WriteCall): Promise<WriteAnswer> {
    this.#underWay += 1;
    try {
      return await this.#ways.alone(call);
    } finally {
      await this.#arrive();
    }
  }

  #inCompany(call: WriteCall): Promise<WriteAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, resolve, reject });
      if (this.#underWay < UNDER_WAY && this.#waiting.length >= ENOUGH_WRITES) this.#leave();
      else this.#wait();
    });
  }

  #wait(): void {
    this.#patience ??= setTimeout(() => this.#leave(), PATIENCE_MS);
  }

  #leave(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    // Half of a crowd, so that there are two: one for the server, one for this process.
    const count = Math.min(Math.max(this.#waiting.length >> 1, ENOUGH_WRITES), MOST_WRITES);
    const leaving = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    if (this.#waiting.length > 0) this.#wait();
    void this.#travel(leaving);
  }

  async #travel(leaving: readonly Waiting[]): Promise<void> {
    const [first, ...others] = leaving;
    if (first && others.length === 0) return first.resolve(this.#single(first.call));
    this.#underWay += 1;
    const calls = leaving.map(({ call }) => call);
    const answers = await answersOf(this.#ways, calls);
    await this.#arrive();
    for (const [index, { call, resolve, reject }] of leaving.entries()) {
      if ("failed" in answers) reject(answers.failed);
      else {
        const answer = answers[index];
        resolve(answer === "busy" ? this.#ways.alone(call) : answer);
      }
    }
  }

  /** Those who wait go before anybody hears of what has arrived: what is done with an answer takes this process time, in which the server can work. */
  async #arrive(): Promise<void> {
    this.#underWay -= 1;
    const enough = this.#underWay > 0 ? ENOUGH_WRITES : 1;
    if (this.#waiting.length < enough) return;
    this.#leave();
    await nextTurn();
  }
}

/** The answers; `busy` for all where the server has rolled back; what went wrong where nobody knows what is written. */
async function answersOf(
  ways: Ways,
  calls: readonly WriteCall[],
): Promise<readonly (WriteAnswer | "busy")[] | { readonly failed: unknown }> {
  try {
    return await ways.together(calls);
  } catch (error) {
    return isRolledBack(error) ? calls.map(() => "busy") : { failed: error };
  }
}
