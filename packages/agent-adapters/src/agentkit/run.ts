import { AsyncLocalStorage } from "node:async_hooks";
import type { Approval } from "@perdure/checkpoint-core";
import type { AgentContext, AgentOutcome } from "@perdure/inngest-bridge/agent";
import type { Message } from "@inngest/agent-kit";
import { Pass } from "../run/pass.ts";
import type { Began, StoredOutput } from "./answer.ts";
import type { KitAgent, KitCall, KitNetworkRun } from "./kit.ts";
import type { KitParts } from "./options.ts";
import type { KitPosition } from "./position.ts";

/** The agent whose model is asked next, with what it is to be asked. */
export interface Turning {
  readonly agent: KitAgent;
  readonly isRouting: boolean;
  prompt: Message[];
  history: Message[];
}

/** One pass through a network, from the run's first turn on. */
export class KitRun extends Pass {
  declare readonly position: KitPosition | undefined;
  readonly parts: KitParts;
  /** The agents as this run has them, by those that they are made of. */
  readonly agents: Map<KitAgent, KitAgent> = new Map();
  /** The agent that was called last, until its model is asked. */
  turning: Turning | undefined;
  /** The network's run, as it was last seen. */
  network: KitNetworkRun | undefined;
  /** What the run began with. */
  began: Began | undefined;
  /** What the model said in the present turn. */
  said: StoredOutput | undefined;
  /** What each model call used. */
  readonly usage: { readonly model?: string }[] = [];
  /** The agents that the run has called, in their order, and what their models said. */
  readonly turns: { readonly agent: string; readonly said: StoredOutput }[] = [];
  /** What ends the pass before the network has ended. */
  readonly stopped: Promise<AgentOutcome>;
  readonly #stop: (outcome: AgentOutcome) => void;
  #left: KitCall[] = [];
  readonly #named = new Map<string, number>();

  constructor(
    context: AgentContext,
    parts: KitParts,
    going?: { readonly position: KitPosition; readonly decisions: readonly Approval[] },
  ) {
    super(
      context,
      false,
      going && {
        position: going.position,
        decisions: [...going.position.decided, ...going.decisions],
      },
    );
    this.parts = parts;
    const { promise, resolve } = Promise.withResolvers<AgentOutcome>();
    this.stopped = promise;
    this.#stop = resolve;
  }

  /** The run's next turn. */
  takeTurn(): number {
    this.ledger.check();
    this.turn += 1;
    return this.turn;
  }

  /** The calls that are now carried out, one after the other. */
  expectCalls(calls: readonly KitCall[]): void {
    this.#left = [...calls];
  }

  /** The call that is carried out next, where it is one of this tool. */
  nextCall(name: string): KitCall | undefined {
    return this.#left[0]?.name === name ? this.#left[0] : undefined;
  }

  /** That call, and it is the next no more. */
  takeCall(name: string): KitCall | undefined {
    return this.nextCall(name) && this.#left.shift();
  }

  /** A name that no other piece of work of this pass has: the same in every pass. */
  named(name: string): string {
    const next = (this.#named.get(name) ?? 0) + 1;
    this.#named.set(name, next);
    return `${name}:${next}`;
  }

  /** The pass ends here, as a person has to be asked: whoever waits for this goes on in another pass. */
  async stop(outcome: AgentOutcome): Promise<never> {
    this.#stop(outcome);
    return new Promise<never>(() => undefined);
  }
}

const runs = new AsyncLocalStorage<KitRun>();

/** The run that the caller's code is part of. */
export function currentRun(): KitRun | undefined {
  return runs.getStore();
}

export function insideRun<T>(run: KitRun, body: () => T): T {
  return runs.run(run, body);
}
