import { AsyncLocalStorage } from "node:async_hooks";
import type { ToolCall } from "@perdure/checkpoint-core";
import type { HeldStep } from "@perdure/inngest-bridge/agent";
import { Pass } from "../run/pass.ts";
import type { StoredResponse } from "./answer.ts";

/** One pass through the SDK's loop, from the run's first turn on. */
export class OpenAIRun extends Pass {
  /** The calls that the model asked for in the present turn. */
  calls: readonly ToolCall[] = [];
  /** The usage of each model call, with the model's name, those of agents inside of calls too. */
  readonly usage: object[] = [];
  #isOuter = false;
  readonly #inner = new Map<string, number>();

  /** The model call that comes next is the run's own: agents inside of calls ask without this. */
  expectTurn(): void {
    this.#isOuter = true;
  }

  /** The run's next turn, where the model call is its own. */
  takeTurn(): number | undefined {
    this.ledger.check();
    if (!this.#isOuter) return undefined;
    this.#isOuter = false;
    this.turn += 1;
    this.#inner.clear();
    return this.turn;
  }

  /** Counts what a model call used. */
  count({ usage, model }: StoredResponse): void {
    this.usage.push(model === undefined ? usage : { ...usage, model });
  }

  /** Tells calls of the same content in a turn apart, by their order. */
  ordinal(name: string): number {
    const next = (this.#inner.get(name) ?? 0) + 1;
    this.#inner.set(name, next);
    return next;
  }
}

/** A call that is being carried out: what its tool threw before the SDK made a text of it. */
export interface Attempt {
  readonly run: OpenAIRun;
  readonly held: HeldStep;
  thrown?: { readonly error: unknown };
}

const runs = new AsyncLocalStorage<OpenAIRun>();
const attempts = new AsyncLocalStorage<Attempt>();

/** The run that the caller's code is part of. */
export function currentRun(): OpenAIRun | undefined {
  return runs.getStore();
}

/** The call of the run itself that the caller's code carries out. */
export function currentAttempt(): Attempt | undefined {
  return attempts.getStore();
}

export function insideRun<T>(run: OpenAIRun, body: () => T): T {
  return runs.run(run, body);
}

export function insideAttempt<T>(attempt: Attempt, body: () => T): T {
  return attempts.run(attempt, body);
}
