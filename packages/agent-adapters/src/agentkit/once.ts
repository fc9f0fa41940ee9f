import { type DataChange, changeSince, putBack, snapshotOf } from "./data.ts";
import { withSteps } from "./place.ts";
import { probingSteps } from "./probe.ts";
import type { KitRun } from "./run.ts";

/** What is kept of a piece of work. */
type Kept<T> =
  | { readonly value: T; readonly change?: DataChange }
  /** It makes steps of its own. */
  | { readonly steps: true };

/**
 * Work of a router, or of an agent's hook, that is done once: its value is stored under the turn, with what it has changed in the data. Work that makes steps itself is gone through in every pass,
 * and its steps are kept.
 */
export async function once<T>(
  run: KitRun,
  turn: number,
  { name, data }: { readonly name: string; readonly data: object },
  work: () => Promise<T>,
): Promise<T> {
  const call = { id: run.named(`~${name}`), name };
  const before = snapshotOf(data);
  const kept = (await run.ledger.inner(turn, call, async () => probed(data, work))) as Kept<T>;
  if ("steps" in kept) {
    putBack(data, before);
    return work();
  }
  putBack(data, before, kept.change);
  return kept.value;
}

async function probed<T>(data: object, work: () => Promise<T>): Promise<Kept<T>> {
  const before = snapshotOf(data);
  const { promise, resolve } = Promise.withResolvers<{ readonly steps: true }>();
  const done = withSteps(
    probingSteps(() => resolve({ steps: true })),
    work,
  ).then((value) => {
    const change = changeSince(before, data);
    return { value, ...(change ? { change } : {}) };
  });
  return Promise.race([done, promise]);
}
