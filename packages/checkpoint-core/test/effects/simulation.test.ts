import { setImmediate } from "node:timers/promises";
import {
  type Backend,
  createStore,
  isStorageError,
  type Lease,
  memoryBackend,
  type Store,
  type Timer,
} from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { leaseOf } from "../../src/conformance/store/bench.ts";
import { randomFrom, Scheduler } from "../runs/scheduler.ts";

const SEEDS = Number(process.env["EFFECTS_SEEDS"] ?? 400);
const KEY = "refund";
/** Codes that a caller of `once` may meet here: it goes away, or tries again. */
const FAIR = new Set(["UNAVAILABLE", "IN_FLIGHT", "OUTCOME_UNKNOWN", "LEASE_LOST"]);

/** Short pauses are over at once, and long ones never: nothing beats here. */
const timer: Timer = {
  async wait(ms, signal) {
    if (ms < 10_000) await setImmediate();
    else
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve());
      });
  },
};

/** What was done, and what anyone was told. */
interface World {
  times: number;
  readonly told: unknown[];
}

function storeOn(backend: Backend): Store {
  return createStore({ backend, timer, now: () => 0 });
}

/** One delivery of a step: tries the effect until it is answered or must go away. */
async function deliver(
  backend: Backend,
  world: World,
  options: Parameters<Store["effects"]["once"]>[3],
): Promise<void> {
  const { effects } = storeOn(backend);
  for (let attempt = 0; attempt < 4; attempt += 1)
    try {
      const work = async (): Promise<string> => {
        world.times += 1;
        await setImmediate();
        return `outcome ${world.times}`;
      };
      const result = await effects.once("t", KEY, work, options);
      world.told.push(result.value);
      return;
    } catch (error) {
      if (!isStorageError(error) || !FAIR.has(error.code)) throw error;
    }
}

async function take(store: Store, execution: string, seen?: number): Promise<Lease> {
  const answer = await store.runs.begin("t", {
    runId: "r",
    execution,
    operationId: `${execution} ${seen}`,
    event: "e",
    ms: 1,
    ...(seen === undefined ? {} : { seen }),
  });
  return answer.status === "busy" ? take(store, execution, answer.seen) : leaseOf(answer);
}

async function takeOver(backend: Backend, world: World): Promise<void> {
  const lease = await take(storeOn(backend), "F").catch(() => undefined);
  if (lease) await deliver(backend, world, { lease });
}

test(`does the work at most once under ${SEEDS} seeds of two deliveries, a takeover and one without a lease, each killed or cut off anywhere`, {
  timeout: 600_000,
}, async () => {
  let done = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const backend = memoryBackend();
    const lease = await take(storeOn(backend), "E");
    const world: World = { times: 0, told: [] };
    const scheduler = new Scheduler(backend, randomFrom(seed), 6);
    scheduler.spawn((own) => deliver(own, world, { lease }));
    scheduler.spawn((own) => deliver(own, world, { lease }), seed % 4);
    scheduler.spawn((own) => deliver(own, world, {}), seed % 9);
    scheduler.spawn((own) => takeOver(own, world), seed % 7);
    await scheduler.run();
    const effect = await storeOn(backend).effects.get("t", KEY);
    expect(world.times, `seed ${seed}`).toBeLessThan(2);
    expect(new Set(world.told).size, `seed ${seed}`).toBeLessThan(2);
    if (effect?.status === "recorded") {
      done += 1;
      expect([world.times, effect.value], `seed ${seed}`).toEqual([1, "outcome 1"]);
    } else expect(world.told, `seed ${seed}`).toEqual([]);
  }
  expect(done).toBeGreaterThan(SEEDS / 2);
});

test(`each again is one attempt more, and everyone is told one outcome, under ${SEEDS} seeds`, {
  timeout: 600_000,
}, async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const backend = memoryBackend();
    const lease = await take(storeOn(backend), "E");
    const world: World = { times: 0, told: [] };
    const scheduler = new Scheduler(backend, randomFrom(seed), 6);
    let agains = 0;
    for (const after of [0, seed % 5, seed % 11])
      scheduler.spawn(
        (own) =>
          deliver(own, world, {
            lease,
            onUnknown() {
              agains += 1;
              return "again";
            },
          }),
        after,
      );
    scheduler.spawn((own) => takeOver(own, world), seed % 7);
    await scheduler.run();
    expect(world.times, `seed ${seed}`).toBeLessThanOrEqual(1 + agains);
    expect(new Set(world.told).size, `seed ${seed}`).toBeLessThan(2);
  }
});
