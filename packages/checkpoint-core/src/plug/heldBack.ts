import { AsyncLocalStorage } from "node:async_hooks";

type Predicate = (state: unknown) => boolean;

const holding = new AsyncLocalStorage<Predicate>();

/** While `body` works, no `StoreCheckpointer` keeps a state that `holds` is true of: its `put` answers with the empty id, and writes nothing. For agents whose state is kept by what they work in. */
export function holdingBack<T>(holds: Predicate, body: () => T): T {
  return holding.run(holds, body);
}

/** Whether the state is not to be kept. */
export function isHeldBack(state: unknown): boolean {
  return holding.getStore()?.(state) ?? false;
}
