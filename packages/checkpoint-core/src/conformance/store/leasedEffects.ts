import assert from "node:assert/strict";
import type { Effect, EffectStore } from "../../store/effects/contract.ts";
import type { Lease } from "../../store/lease/lease.ts";
import type { RunStore } from "../../store/runs/contract.ts";
import { refused } from "../history/store.ts";
import { asks, type Bench, interrupted, leaseOf, type StoreCase, storeCase } from "./bench.ts";

/** What the effect of these cases is called. */
const KEY = "refund/7 {é}";

/** Side effects of an execution, which may be taken over before, during and after them. */
export const storedLeasedEffects: readonly StoreCase[] = [
  storeCase(
    "effect-outlives-the-lease",
    "an outcome is recorded by one that lost its lease meanwhile, and nothing begins without it",
    async ({ here, there }) => {
      const store = here();
      const lease = leaseOf(await store.runs.begin("t", asks("r", "E1")));
      const work = async (): Promise<string> => {
        await takeOver(there().runs);
        return "paid";
      };
      const { value } = await store.effects.once("t", KEY, work, { lease });
      assert.equal(value, "paid");
      assert.equal((await there().effects.get("t", KEY))?.status, "recorded");
      await refused(
        store.effects.once("t", "another", () => 1, { lease }),
        "LEASE_LOST",
        "an effect of one that lost its lease",
      );
      assert.equal(await there().effects.get("t", "another"), undefined);
    },
  ),
  storeCase(
    "effect-fence",
    "an execution that is taken over between its look and its record begins nothing: LEASE_LOST",
    async ({ here, there }) => {
      const lease = leaseOf(await here().runs.begin("t", asks("r", "E1")));
      let times = 0;
      const overtake = async (): Promise<void> => void (await takeOver(there().runs));
      const slow = here({ through: interrupted(overtake) });
      await refused(
        slow.effects.once("t", KEY, () => (times += 1), { lease }),
        "LEASE_LOST",
        "an effect of one that was overtaken",
      );
      assert.equal(times, 0);
      assert.equal(await there().effects.get("t", KEY), undefined);
    },
  ),
  storeCase(
    "effect-told-apart",
    "one that is under way is told from one that is recorded, and from one of which nobody knows",
    async (bench) => {
      const lease = leaseOf(await bench.here().runs.begin("t", asks("r", "E1")));
      const { effects } = bench.there();
      await pendingDuring(bench, { lease }, async () => {
        const effect = await seenAs(effects, "inFlight");
        const seen = effect.status === "inFlight" ? effect.seen : 0;
        await refused(
          effects.once("t", KEY, () => 2, { lease }),
          "IN_FLIGHT",
          "an attempt beside one that is under way",
        );
        assert.equal((await effects.get("t", KEY, { seen }))?.status, "unknown", "silent for long");
        const taken = await takeOver(bench.there().runs);
        await seenAs(effects, "unknown");
        await refused(
          effects.once("t", KEY, () => 2, { lease: taken }),
          "OUTCOME_UNKNOWN",
          "an attempt after a takeover",
        );
        assert.deepEqual(
          (await effects.unrecorded("t")).map(({ key, status }) => [key, status]),
          [[KEY, "unknown"]],
        );
      });
      await seenAs(effects, "recorded");
      assert.deepEqual(await effects.unrecorded("t"), []);
    },
  ),
];

/** The lease of another execution that takes the run over. */
async function takeOver(runs: RunStore): Promise<Lease> {
  const busy = await runs.begin("t", asks("r", "E2"));
  const seen = busy.status === "busy" ? busy.seen : 0;
  return leaseOf(await runs.begin("t", asks("r", "E2", { operationId: "E2:again", seen })));
}

/** What happens while an attempt at the effect is under way. */
async function pendingDuring(
  { here }: Bench,
  options: Parameters<EffectStore["once"]>[3],
  meanwhile: () => Promise<void>,
): Promise<void> {
  const begun = Promise.withResolvers<void>();
  const { promise, resolve } = Promise.withResolvers<number>();
  const attempt = here().effects.once(
    "t",
    KEY,
    () => {
      begun.resolve();
      return promise;
    },
    options,
  );
  try {
    await Promise.race([begun.promise, attempt]);
    await meanwhile();
  } finally {
    resolve(1);
    await Promise.allSettled([attempt]);
  }
}

async function seenAs(effects: EffectStore, status: Effect["status"]): Promise<Effect> {
  const effect = await effects.get("t", KEY);
  assert.ok(effect, "an effect that was begun");
  assert.equal(effect.status, status);
  return effect;
}
