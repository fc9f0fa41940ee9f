import { describe, expect, test } from "vitest";
import { copyStore, memoryBackend, type Store } from "../../src/index.ts";
import { asks, call, leaseOf } from "../runs/desk.ts";
import { ManualTimer } from "../manualTimer.ts";
import { narrow, NOW, sealed, storeOver } from "./sides.ts";

const HOUR = 3_600_000;
const KEY = "refund 7";

/** The target of a copy, as processes see it that have seen nothing of the copy. */
async function moved(from: Store): Promise<(now?: number) => Store> {
  const target = narrow();
  const report = await copyStore(from, storeOver(target, sealed));
  expect(report).toMatchObject({ busy: [], damaged: [], renewed: [] });
  return (now = NOW) => storeOver(target, { ...sealed, now: () => now, timer: new ManualTimer() });
}

/** An attempt whose process died in the middle of the work. */
async function abandoned(store: Store, threadId: string): Promise<void> {
  await new Promise<void>((resolve) => {
    void store.effects.once(threadId, KEY, () => {
      resolve();
      return new Promise(() => undefined);
    });
  });
}

describe("an effect that was begun when it was copied", () => {
  test("is done by nobody in the target before somebody has said what became of it", async () => {
    const source = storeOver(memoryBackend(), { timer: new ManualTimer() });
    await abandoned(source, "t");
    const target = (await moved(source))();
    const begun = await source.effects.get("t", KEY);
    const found = await target.effects.get("t", KEY);
    expect(found).toMatchObject({
      status: "inFlight",
      attempt: begun?.attempt,
      idempotencyKey: begun?.idempotencyKey,
    });
    let times = 0;
    const work = (): string => `paid ${(times += 1)}`;
    await expect(target.effects.once("t", KEY, work)).rejects.toMatchObject({ code: "IN_FLIGHT" });
    const { seen } = found as { readonly seen: number };
    await expect(target.effects.once("t", KEY, work, { seen })).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
    });
    expect(times).toBe(0);
    expect(await target.effects.unrecorded("t")).toHaveLength(1);
    const attempt = found?.attempt ?? 0;
    const resolution = { attempt, outcome: { done: "paid before" }, seen } as const;
    const resolved = await target.effects.resolve("t", KEY, { ...resolution, operationId: "op" });
    expect(resolved).toMatchObject({ counted: true, effect: { status: "recorded" } });
    expect(await target.effects.once("t", KEY, work)).toMatchObject({ value: "paid before" });
    expect(times).toBe(0);
  });

  test("is done once more where somebody says so, with the same key for the service", async () => {
    const source = storeOver(memoryBackend(), { timer: new ManualTimer() });
    await abandoned(source, "t");
    const target = (await moved(source))();
    const { attempt = 0, idempotencyKey, ...more } = (await target.effects.get("t", KEY)) ?? {};
    const { seen } = more as { readonly seen: number };
    await target.effects.resolve("t", KEY, { attempt, outcome: "again", seen });
    const keys: string[] = [];
    const work = (given: { readonly idempotencyKey: string }): string => {
      keys.push(given.idempotencyKey);
      return "paid";
    };
    const done = await target.effects.once("t", KEY, work);
    expect(done).toMatchObject({ value: "paid", replayed: false });
    expect(done.attempt).toBeGreaterThan(attempt);
    expect(await target.effects.once("t", KEY, work)).toEqual({ ...done, replayed: true });
    expect(keys).toEqual([idempotencyKey]);
  });
});

describe("an approval whose deadline had not passed when it was copied", () => {
  test.each([undefined, "acme"])(
    "expires in the target, which says whom to wake, in the tenant %s",
    async (tenant) => {
      const scope = tenant === undefined ? {} : { tenant };
      const whole = storeOver(memoryBackend());
      const source = whole.for(scope);
      const lease = leaseOf(await source.runs.begin("t", asks("r", "E")));
      const approvals = [
        { callId: "c", tool: "refund", input: call("c").input, expiresInMs: HOUR },
        { callId: "d", tool: "refund", input: call("d").input },
      ];
      const settle = { status: "suspended", turn: 1, approvals } as const;
      await source.commit("t", { settle }, { operationId: "s", lease });
      const target = await moved(whole);
      expect((await target().maintain({ ms: 60_000 })).wakes).toEqual([]);
      expect((await target().for(scope).approvals.pending()).approvals).toHaveLength(2);
      const late = await target(NOW + HOUR).maintain({ ms: 60_000 });
      expect(late.failed).toEqual([]);
      expect(late.wakes).toEqual([{ ...scope, runId: "r", threadId: "t", life: 1 }]);
      expect((await target(NOW + HOUR).maintain({ ms: 60_000 })).wakes).toEqual([]);
      const after = target(NOW + HOUR).for(scope);
      const { approvals: left } = await after.approvals.pending();
      expect(left.map(({ callId }) => callId)).toEqual(["d"]);
      await after.approvals.decide("t", { approvalId: left[0]?.id ?? "" }, { kind: "approve" });
      const claimed = await after.runs.claim("t", asks("r", "E2", { life: 1 }));
      expect(claimed).toMatchObject({ status: "leased" });
      const { decisions } = claimed as {
        readonly decisions: readonly { readonly status: string }[];
      };
      expect(decisions.map(({ status }) => status).toSorted()).toEqual(["approved", "expired"]);
      // What was moved goes on in the source only where somebody lets it.
      expect((await source.approvals.pending()).approvals).toHaveLength(2);
    },
  );
});
