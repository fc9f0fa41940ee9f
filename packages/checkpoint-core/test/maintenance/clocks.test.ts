import { describe, expect, test } from "vitest";
import { type Backend, createStore, memoryBackend, type Store } from "../../src/index.ts";
import { answers, asks, call, leaseOf, REFUND } from "../runs/desk.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = 1_700_000_000_000;
const user = { kind: "user" } as const;

function at(backend: Backend, clock: number | (() => number)): Store {
  return createStore({ backend, now: typeof clock === "number" ? () => clock : clock });
}

/** A clock that reads so, call by call, and then stays. */
function reading(...instants: readonly number[]): () => number {
  let index = -1;
  return () => {
    index = Math.min(index + 1, instants.length - 1);
    return instants[index] ?? 0;
  };
}

async function wait(store: Store, threadId: string, expiresInMs: number): Promise<void> {
  const lease = leaseOf(await store.runs.begin(threadId, asks(`run of ${threadId}`, "E")));
  const operation = (operationId: string) => ({ operationId, lease });
  await store.commit(threadId, answers(1, "", [call("c1")]), operation("m"));
  const approvals = [{ ...REFUND, expiresInMs }];
  await store.commit(
    threadId,
    { settle: { status: "suspended", turn: 1, approvals } },
    operation("s"),
  );
}

describe("a clock that goes back a day", () => {
  test("between two looks at it keeps no deadline from passing: the work that was due is done", async () => {
    for (let turn = 0; turn < 240; turn += 1) {
      const backend = memoryBackend();
      await wait(at(backend, NOON), "t", HOUR);
      await at(backend, NOON).streams.append("s", ["x"], { ttlMs: HOUR });
      const late = Array.from({ length: turn }, () => NOON + 3 * HOUR);
      const first = await at(backend, reading(...late, NOON - DAY)).maintain({ ms: 60_000 });
      const last = await at(backend, NOON + 3 * HOUR).maintain({ ms: 60_000 });
      expect([...first.failed, ...last.failed]).toEqual([]);
      expect([...first.wakes, ...last.wakes], `turn ${turn}`).toHaveLength(1);
      expect(await at(backend, NOON + 3 * HOUR).approvals.pending()).toEqual({ approvals: [] });
      await expect(at(backend, NOON).streams.read("s")).rejects.toMatchObject({ code: "DELETED" });
    }
  });
});
