import { AsyncLocalStorage } from "node:async_hooks";
import type { Approval } from "@perdure/checkpoint-core";
import { type AgentContext, type CurrentStep, insideStep } from "@perdure/inngest-bridge/agent";
import { type Ledger, ledgerOf } from "../run/ledger.ts";

/** One pass through a Ziro agent's loop, from the run's first turn on. */
export class ZiroRun {
  readonly context: AgentContext;
  readonly ledger: Ledger;
  readonly decisions: readonly Approval[];
  /** What cannot be gone on with, whatever the agent makes of it. */
  #broken: Error | undefined;
  #turn = 0;

  constructor(context: AgentContext, until: number, decisions: readonly Approval[]) {
    this.context = context;
    this.ledger = ledgerOf(context, until);
    this.decisions = decisions;
  }

  /** The turn that the loop is in; its calls belong to it. */
  get turn(): number {
    return this.#turn;
  }

  nextTurn(): number {
    this.check();
    this.#turn += 1;
    return this.#turn;
  }

  break(error: Error): void {
    this.#broken ??= error;
  }

  /** Throws what has ended this pass. */
  check(): void {
    this.ledger.check();
    if (this.#broken) throw this.#broken;
  }
}

const runs = new AsyncLocalStorage<ZiroRun | undefined>();

/** The run that the agent's loop works on; none where it was not begun by us, and none inside of a tool, which is a step already. */
export function currentRun(): ZiroRun | undefined {
  return runs.getStore();
}

/** The body of a step, in the surroundings in which the agent asked for it: what it keeps there (its budgets, the conversation of a handoff) is known in the step, too. */
export function surroundings(): <T>(held: CurrentStep, body: () => T) => T {
  const there = AsyncLocalStorage.snapshot();
  return (held, body) => there(() => insideStep(held, () => withRun(undefined, body)));
}

export function withRun<T>(run: ZiroRun | undefined, body: () => T): T {
  return runs.run(run, body);
}
