import type { Backend } from "../../../src/backend/contract.ts";
import type { BackendSubject, Disposal } from "../../../src/conformance/index.ts";
import { pliable, type Rules, type State } from "./pliable.ts";

/** Something deliberately broken in one way, and the case that must notice. */
export interface Mutant<S> {
  readonly id: string;
  /** What it does wrong, and where that was seen or is easily done. */
  readonly does: string;
  /** The id of the case that kills it. */
  readonly killedBy: string;
  /** A fresh subject with the fault in it. */
  create(): Promise<S & Disposal>;
}

/** A backend of which one rule of the contract is replaced. `rules` is called for each handle, so a rule may remember what its process did. */
export function brokenBackend(
  id: string,
  does: string,
  killedBy: string,
  rules: () => Partial<Rules>,
): Mutant<BackendSubject> {
  return mutant(id, does, killedBy, (states) => pliable(rules(), states));
}

/** A backend behind a layer that gets some verbs wrong. `wrap` is called for each handle. */
export function wrappedBackend(
  id: string,
  does: string,
  killedBy: string,
  wrap: (right: Backend) => Partial<Backend>,
): Mutant<BackendSubject> {
  return mutant(id, does, killedBy, (states) => {
    const right = pliable({}, states);
    return { ...right, ...wrap(right) };
  });
}

function mutant(
  id: string,
  does: string,
  killedBy: string,
  open: (states: Map<string, State>) => Backend,
): Mutant<BackendSubject> {
  return {
    id,
    does,
    killedBy,
    create() {
      const states = new Map<string, State>();
      return Promise.resolve({
        backend: open(states),
        another: () => Promise.resolve(open(states)),
      });
    },
  };
}

/** The next turn of the event loop: what a driver's round trip leaves room for. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
