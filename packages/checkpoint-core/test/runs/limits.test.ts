import { describe, expect, test } from "vitest";
import { memoryBackend, type Store, type Lease } from "../../src/index.ts";
import { answers, asks, begun, call, desk, REFUND, told } from "./desk.ts";

describe("limits of an engine", () => {
  test("say what they do not take where a write takes very little", async () => {
    const store = desk(memoryBackend({ limits: { maxWrites: 10 } }));
    const lease = await begun(store);
    const made = await store.commit("t", answers(1, "hi"), { operationId: "m1", lease });
    expect(made).toMatchObject({ status: "committed", answer: { message: { content: "hi" } } });
    await expect(
      store.commit("t", answers(2, "", [call("c1")]), { operationId: "m2", lease }),
    ).rejects.toThrow(
      "The engine takes 10 entries in a write: too few to close a turn that asks for tools.",
    );
  });

  test("on reads cut no turn and no approval off: what was stored can be closed, cancelled and claimed", async () => {
    const calls = Array.from({ length: 24 }, (_, index) => call(`c${index}`));
    const requests = calls.map(({ id }) => ({ ...REFUND, callId: id }));
    const open = async (): Promise<{ store: Store; lease: Lease }> => {
      const store = desk(memoryBackend({ limits: { maxReadKeys: 20 } }));
      const lease = await begun(store);
      await store.commit("t", answers(1, "", calls), { operationId: "m1", lease });
      await store.approvals.request(lease, 1, requests, { operationId: "q1" });
      return { store, lease };
    };
    const closed = await open();
    await closed.store.commit("t", answers(2, "next"), { operationId: "m2", lease: closed.lease });
    expect(await told(closed.store, "t")).toHaveLength(26);
    const { store: cancelled } = await open();
    expect(await cancelled.runs.cancel("r")).toMatchObject({ run: { status: "cancelled" } });
    const { store, lease } = await open();
    await store.commit(
      "t",
      { settle: { status: "suspended", turn: 1, approvals: requests } },
      { operationId: "s1", lease },
    );
    const pending = await store.approvals.pending("t");
    expect(pending).toHaveLength(24);
    for (const { id } of pending)
      await store.approvals.decide("t", { approvalId: id }, { kind: "approve" });
    const claimed = await store.runs.claim("t", asks("r", "E2"));
    expect(claimed).toMatchObject({ status: "leased" });
    expect(claimed.status === "leased" && claimed.decisions).toHaveLength(24);
  });
});
