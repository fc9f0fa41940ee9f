import assert from "node:assert/strict";
import type { EffectStore } from "../../store/effects/contract.ts";
import { EffectNotDoneError } from "../../store/effects/errors.ts";
import { refused } from "../history/store.ts";
import { interrupted, type StoreCase, storeCase } from "./bench.ts";

/** What the effect of these cases is called. */
const KEY = "refund 7";

/** Attempts at an effect that meet other attempts, other lives and words on them. */
export const storedAttempts: readonly StoreCase[] = [
  storeCase(
    "effect-in-its-life",
    "an attempt that ends when its thread has begun another life is told so, and nothing of the effect that has its name there",
    async ({ here, there }) => {
      await here().threads.create("t");
      const late = await attempting(here().effects);
      await there().threads.delete("t");
      await there().threads.create("t");
      await there().effects.once("t", KEY, () => "the new one's");
      late.finish("the old one's");
      await refused(late.attempt, "DELETED", "the outcome of the life before");
      const { value } = await here().effects.once("t", KEY, () => "a third one's");
      assert.equal(value, "the new one's");
    },
  ),
  storeCase(
    "effect-after-not-done",
    "an attempt that surely was not done leaves what stood before it: the outcome of an earlier one, which comes late, is kept",
    async ({ here, there }) => {
      const late = await attempting(here().effects);
      const { seen } = await inFlight(there().effects);
      await refused(
        there().effects.once("t", KEY, refuses, { seen, onUnknown: () => "again" }),
        "NOT_DONE",
        "work that did not happen",
      );
      assert.equal((await here().effects.get("t", KEY))?.status, "again");
      late.finish("late");
      assert.equal((await late.attempt).value, "late");
      let times = 0;
      const next = await there().effects.once("t", KEY, () => (times += 1));
      assert.deepEqual([next.value, times], ["late", 0]);
    },
  ),
  storeCase(
    "effect-silent",
    "an attempt that gives a sign of life between the look at its silence and the word on it is under way: nobody attempts it again, and nobody decides about it",
    async ({ here, there }) => {
      const slow = await attempting(here().effects, { ms: 300 });
      try {
        let times = 0;
        const words: readonly ((effects: EffectStore, seen: Seen) => Promise<unknown>)[] = [
          (effects, { seen }) =>
            effects.once("t", KEY, () => (times += 1), { seen, onUnknown: () => "again" }),
          (effects, { seen, attempt }) =>
            effects.resolve("t", KEY, { attempt, seen, outcome: { done: 7 } }),
        ];
        for (const word of words)
          for (let round = 0; round < 2; round += 1) {
            const shown = await inFlight(here().effects);
            const beats = async (): Promise<void> => {
              while ((await inFlight(here().effects)).seen === shown.seen) await turn();
            };
            const doubting = there({ through: interrupted(beats) }).effects;
            await refused(word(doubting, shown), "IN_FLIGHT", `a word, round ${round}`);
          }
        assert.equal(times, 0);
      } finally {
        slow.finish("done");
      }
      assert.equal((await slow.attempt).value, "done");
    },
  ),
];

/** Work that says that it did not happen. */
function refuses(): never {
  throw new EffectNotDoneError("refused");
}

/** What is seen of an attempt that is under way. */
interface Seen {
  readonly seen: number;
  readonly attempt: number;
}

/** The next turn of the event loop: the sign of life is a timer's. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

async function inFlight(effects: EffectStore): Promise<Seen> {
  const effect = await effects.get("t", KEY);
  assert.equal(effect?.status, "inFlight");
  return { seen: effect.status === "inFlight" ? effect.seen : 0, attempt: effect.attempt };
}

/** An attempt whose work has begun, and ends when it is told to. */
async function attempting(
  effects: EffectStore,
  options: Parameters<EffectStore["once"]>[3] = {},
): Promise<{
  readonly attempt: ReturnType<EffectStore["once"]>;
  readonly finish: (value: string) => void;
}> {
  const begun = Promise.withResolvers<void>();
  const { promise, resolve: finish } = Promise.withResolvers<string>();
  const work = (): Promise<string> => {
    begun.resolve();
    return promise;
  };
  const attempt = effects.once("t", KEY, work, options);
  // Who awaits it hears of a failure; until then it is nobody's.
  attempt.catch(() => undefined);
  await Promise.race([begun.promise, attempt]);
  return { attempt, finish };
}
