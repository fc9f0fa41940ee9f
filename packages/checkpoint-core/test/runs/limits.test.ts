import { describe, expect, test } from "vitest";
import { memoryBackend, type Store, type Lease } from "../../src/index.ts";
import { answers, asks, begun, call, desk, gives, REFUND, told } from "./desk.ts";
import { randomFrom } from "./scheduler.ts";

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

  test("on the bytes of a write stop no turn: large results, and as many as a turn may have, are closed and superseded", async () => {
    // As on DynamoDB.
    const limits = { maxWrites: 100, maxWriteBytes: 4_194_304, maxValueBytes: 390_000 };
    for (const [count, bytes] of [
      [10, 1_000_000],
      [26, 300_000],
    ] as const) {
      const calls = Array.from({ length: count }, (_, index) => call(`c${index}`));
      const text = noise(bytes, "text");
      const open = async (): Promise<{ store: Store; lease: Lease }> => {
        const store = desk(memoryBackend({ limits: { ...limits, maxReadKeys: 100 } }));
        const lease = await begun(store);
        await store.commit("t", answers(1, "", calls), { operationId: "m1", lease });
        for (const { id } of calls.slice(1))
          await store.commit("t", gives(1, id, text), { operationId: id, lease });
        return { store, lease };
      };
      const closed = await open();
      await closed.store.commit("t", answers(2, "next"), {
        operationId: "m2",
        lease: closed.lease,
      });
      expect(await told(closed.store, "t")).toHaveLength(count + 2);
      const replaced = await open();
      const options = asks("r2", "E2", { whenBusy: "cancel" });
      expect(await replaced.store.runs.begin("t", options)).toMatchObject({ status: "leased" });
    }
  });

  test("on one value do not stop a claim whose decisions are large", async () => {
    const limits = { maxWrites: 100, maxWriteBytes: 4_194_304, maxValueBytes: 390_000 };
    const store = desk(memoryBackend({ limits: { ...limits, maxReadKeys: 100 } }));
    const lease = await begun(store);
    const calls = ["a", "b", "c"].map((id) => call(id, { text: noise(200_000, id) }));
    await store.commit("t", answers(1, "", calls), { operationId: "m1", lease });
    const approvals = calls.map(({ id, name, input }) => ({ callId: id, tool: name, input }));
    const settle = { status: "suspended", turn: 1, approvals } as const;
    await store.commit("t", { settle }, { operationId: "s1", lease });
    for (const { id } of await store.approvals.pending("t"))
      await store.approvals.decide("t", { approvalId: id }, { kind: "approve" });
    const claimed = await store.runs.claim("t", asks("r", "E2"));
    expect(claimed.status === "leased" && claimed.decisions).toHaveLength(3);
    expect(await store.runs.claim("t", asks("r", "E2"))).toEqual(claimed);
  });
});

/** Text that no compression makes small: the same for the same name. */
function noise(bytes: number, name: string): string {
  const random = randomFrom(name.charCodeAt(0) + name.length);
  let text = "";
  while (text.length < bytes) text += random().toString(36).slice(2);
  return text.slice(0, bytes);
}
