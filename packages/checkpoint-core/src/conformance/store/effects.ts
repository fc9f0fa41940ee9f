import assert from "node:assert/strict";
import { isStorageError } from "../../errors.ts";
import { EffectNotDoneError } from "../../store/effects/errors.ts";
import { refused } from "../history/store.ts";
import { dying, losing, type StoreCase, storeCase } from "./bench.ts";

/** What the effect of these cases is called. */
const KEY = "refund/7 {é}";
/** More than any call of `once` makes of the backend. */
const MOST_CALLS = 12;

/** Side effects: done at most once, and never in doubt about what is known. */
export const storedEffects: readonly StoreCase[] = [
  storeCase(
    "effect-race",
    "of effects that many begin at once, from two processes, one is done, and all are told its outcome or that it is under way",
    async ({ here, there }) => {
      let times = 0;
      const answers = await Promise.allSettled(
        Array.from({ length: 16 }, (_, index) =>
          (index % 2 ? there : here)().effects.once("t", KEY, () => {
            times += 1;
            return `done ${times}`;
          }),
        ),
      );
      for (const answer of answers)
        if (answer.status === "fulfilled") assert.equal(answer.value.value, "done 1");
        else assert.equal(codeOf(answer.reason), "IN_FLIGHT");
      assert.equal(times, 1);
      const { value, replayed } = await there().effects.once("t", KEY, () => "again");
      assert.deepEqual([value, replayed], ["done 1", true]);
    },
  ),
  storeCase(
    "effect-killed",
    "an attempt that is killed between any two calls of the engine is never made a second time unless somebody says so",
    async ({ here, there }) => {
      for (let calls = 0; calls < MOST_CALLS; calls += 1) {
        const key = `${KEY} ${calls}`;
        let times = 0;
        const work = (): number => (times += 1);
        const killed = dying(calls);
        const attempt = here({ through: killed.through }).effects.once("t", key, work);
        await Promise.race([attempt, killed.died]);
        const [next] = await Promise.allSettled([there().effects.once("t", key, work)]);
        if (next.status === "fulfilled") assert.equal(next.value.value, 1, key);
        else assert.equal(codeOf(next.reason), "IN_FLIGHT", key);
        assert.ok(times <= 1, `${key}: done ${times} times`);
      }
    },
  ),
  storeCase(
    "effect-lost",
    "an acknowledgement that is lost, of any write, neither loses the effect nor doubles it",
    async ({ here, there }) => {
      for (let lost = 0; lost < MOST_CALLS; lost += 1) {
        const key = `${KEY} ${lost}`;
        let times = 0;
        const work = (): number => (times += 1);
        const unlucky = here({ through: losing((index) => index === lost) });
        await Promise.allSettled([unlucky.effects.once("t", key, work)]);
        assert.equal((await there().effects.once("t", key, work)).value, 1, key);
        assert.equal(times, 1, key);
      }
    },
  ),
  storeCase(
    "effect-that-throws",
    "what the work throws leaves the effect unknown; that it did not happen must be said",
    async ({ here, there }) => {
      await refused(
        here().effects.once("t", KEY, throwing(new Error("no answer"))),
        "OUTCOME_UNKNOWN",
        "work that threw",
      );
      await refused(
        there().effects.once("t", KEY, () => 2),
        "OUTCOME_UNKNOWN",
        "the next call",
      );
      const asked: unknown[] = [];
      const found = await there().effects.once("t", KEY, () => 2, {
        onUnknown(effect) {
          asked.push(effect.error?.message);
          return { done: 1 };
        },
      });
      assert.deepEqual([found.value, asked], [1, ["no answer"]]);
      await refused(
        here().effects.once("t", "other", throwing(new EffectNotDoneError("refused"))),
        "NOT_DONE",
        "work that did not happen",
      );
      assert.equal((await there().effects.once("t", "other", () => 2)).value, 2);
    },
  ),
  storeCase(
    "effect-resolved-once",
    "a person's word counts once, for the attempt that was shown: done records, again does it anew under the same key for the service",
    async ({ here, there }) => {
      const keys = new Set<string>();
      const attempts: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        const work = here().effects.once("t", KEY, ({ idempotencyKey }) => {
          keys.add(idempotencyKey);
          throw new Error("lost");
        });
        await refused(work, "OUTCOME_UNKNOWN", `round ${round}`);
        const attempt = (await there().effects.get("t", KEY))?.attempt ?? 0;
        attempts.push(attempt);
        const said = { attempt, outcome: "again", operationId: `o${round}` } as const;
        assert.equal((await here().effects.resolve("t", KEY, said)).counted, true);
        assert.equal((await there().effects.resolve("t", KEY, said)).counted, true, "a retry");
        const late = await there().effects.resolve("t", KEY, { attempt, outcome: { done: 1 } });
        assert.equal(late.counted, false, "a second word");
      }
      assert.equal(keys.size, 1, "keys for the service");
      assert.deepEqual(
        attempts.toSorted((a, b) => a - b),
        attempts,
      );
      const last = await there().effects.once("t", KEY, () => "at last");
      assert.equal(last.value, "at last");
    },
  ),
  storeCase(
    "effect-unkept",
    "an outcome that cannot be kept is recorded as done, with the reason, and the work is not done again",
    async ({ here, there }) => {
      let times = 0;
      const work = (): unknown => {
        times += 1;
        return () => times;
      };
      const first = await here().effects.once("t", KEY, work);
      assert.equal(first.unkept?.code, "UNSUPPORTED_VALUE");
      const second = await there().effects.once("t", KEY, work);
      assert.deepEqual(second, { ...first, replayed: true });
      assert.equal(times, 1);
    },
  ),
  storeCase(
    "effect-of-its-thread",
    "an effect is its owner's and its life's: another user is refused, another life of the thread knows nothing of it",
    async ({ here, there }) => {
      const ann = here({ scope: { user: "ann" } });
      const bob = there({ scope: { user: "bob" } }).effects;
      const first = await ann.effects.once("t", KEY, ({ idempotencyKey }) => idempotencyKey);
      await refused(
        bob.once("t", KEY, () => 2),
        "FORBIDDEN",
        "another user's once",
      );
      await refused(bob.get("t", KEY), "FORBIDDEN", "another user's get");
      await refused(bob.unrecorded("t"), "FORBIDDEN", "another user's list");
      await refused(
        bob.resolve("t", KEY, { attempt: 1, outcome: "again" }),
        "FORBIDDEN",
        "another user's word",
      );
      await ann.threads.delete("t");
      await refused(
        ann.effects.once("t", KEY, () => 2),
        "DELETED",
        "an effect of a deleted thread",
      );
      await ann.threads.create("t");
      assert.equal(await ann.effects.get("t", KEY), undefined);
      const second = await ann.effects.once("t", KEY, ({ idempotencyKey }) => idempotencyKey);
      assert.notEqual(second.value, first.value, "the key for the service in another life");
    },
  ),
];

/** Work that throws this. */
function throwing(error: Error): () => never {
  return () => {
    throw error;
  };
}

function codeOf(error: unknown): string {
  return isStorageError(error) ? error.code : String(error);
}
