import {
  type Backend,
  createStore,
  type Lease,
  memoryBackend,
  type Store,
} from "@perdure/checkpoint-core";
import { leaseOf } from "../../src/conformance/store/bench.ts";
import { ManualTimer } from "../manualTimer.ts";

/** What the effect of these tests is called. */
export const KEY = "refund 7";

/** A store in which no time passes by itself. */
export function open(
  backend: Backend = memoryBackend(),
  timer: ManualTimer = new ManualTimer(),
): Store {
  return createStore({ backend, timer, now: () => 1000 });
}

/** The lease of the run, taken over where another execution holds it. */
export async function hold(store: Store, execution = "E1", seen?: number): Promise<Lease> {
  const answer = await store.runs.begin("t", {
    runId: "r",
    execution,
    operationId: `${execution} ${seen ?? ""}`,
    event: "event",
    ms: 1000,
    ...(seen === undefined ? {} : { seen }),
  });
  if (answer.status === "busy") return hold(store, execution, answer.seen);
  return leaseOf(answer);
}

/** Work that counts how often it was done. */
export interface Counted {
  (): unknown;
  readonly times: number;
}

/** Work that answers this. */
export function counted(value: unknown = "paid"): Counted {
  const count = { times: 0 };
  const work = (): unknown => {
    count.times += 1;
    return value;
  };
  return Object.defineProperty(work, "times", { get: () => count.times }) as unknown as Counted;
}

/** An attempt whose process dies in the middle of the work: the record stays begun. */
export async function abandon(store: Store, lease?: Lease): Promise<void> {
  await new Promise<void>((resolve) => {
    void store.effects.once(
      "t",
      KEY,
      () => {
        resolve();
        return new Promise(() => undefined);
      },
      lease ? { lease } : {},
    );
  });
}

/** What the call rejects with. */
export const failure = async <E>(call: Promise<unknown>): Promise<E> =>
  call.then(
    () => {
      throw new Error("A failure was expected.");
    },
    (error: E) => error,
  );
