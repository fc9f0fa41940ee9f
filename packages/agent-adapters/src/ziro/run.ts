import { AsyncLocalStorage } from "node:async_hooks";
import type { Approval } from "@perdure/checkpoint-core";
import { type AgentContext, type CurrentStep, insideStep } from "@perdure/inngest-bridge/agent";
import { type Ledger, ledgerOf } from "../run/ledger.ts";
import type { Agents } from "./agents.ts";
import type { Handed, Waiting } from "./passed.ts";
import { Spending } from "./spending.ts";

/** One pass through a Ziro agent's loop, from the run's first turn on. */
export class ZiroRun {
  readonly context: AgentContext;
  readonly agents: Agents;
  readonly ledger: Ledger;
  readonly decisions: readonly Approval[];
  readonly spending: Spending = new Spending();
  /** How the calls ended that handed over, by their ids. */
  readonly handed: Map<string, Handed> = new Map();
  /** What waits for people below the calls that handed over, by the ids of these. */
  readonly waiting: Map<string, readonly Waiting[]> = new Map();
  /** What cannot be gone on with, whatever the agent makes of it. */
  #broken: Error | undefined;
  #turn = 0;

  constructor(
    context: AgentContext,
    agents: Agents,
    until: number,
    decisions: readonly Approval[],
  ) {
    this.context = context;
    this.agents = agents;
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

  /** The pass ends with this error: to be thrown. */
  break(error: Error): Error {
    this.#broken ??= error;
    return error;
  }

  /** Throws what has ended this pass. */
  check(): void {
    this.ledger.check();
    if (this.#broken) throw this.#broken;
  }
}

const runs = new AsyncLocalStorage<ZiroRun | undefined>();

/** The run whose loops are gone through, its own or one below; none where it was not begun by us, and none inside of a tool, which is a step already. */
export function currentRun(): ZiroRun | undefined {
  return runs.getStore();
}

/** The body of a step, in the surroundings in which the agent asked for it: what it keeps there (its budgets, the conversation of a handoff) is known in the step, too. */
export function surroundings(): <T>(held: CurrentStep, body: () => Promise<T> | T) => Promise<T> {
  const there = AsyncLocalStorage.snapshot();
  return (held, body) => there(() => insideStep(held, () => withRun(undefined, body)));
}

export function withRun<T>(run: ZiroRun | undefined, body: () => T): T {
  return runs.run(run, body);
}
