import { expect, test } from "vitest";
import { createStore, type Lease, memoryBackend, type Store } from "../../src/index.ts";
import { losingAcknowledgements } from "../wrap.ts";

const entry = (id: string, value: string = id): { id: string; value: string } => ({ id, value });
const at = (place: number): string => String(place).padStart(16, "0");

async function begin(store: Store, execution: string, seen?: number): Promise<Lease> {
  const answer = await store.runs.begin("t", {
    runId: "r",
    execution,
    operationId: `begin ${execution} ${seen}`,
    event: "e",
    input: "hello",
    ms: 60_000,
    ...(seen === undefined ? {} : { seen }),
  });
  if (answer.status === "leased") return answer.lease;
  if (answer.status === "busy" && seen === undefined) return begin(store, execution, answer.seen);
  throw new Error(`The thread is ${answer.status}.`);
}

const values = async ({ history }: Store): Promise<unknown[]> =>
  (await history.read("t")).map(({ value }) => value);

test("a thread that a run has is rewritten by its holder alone, in every verb", async () => {
  const store = createStore({ backend: memoryBackend() });
  const { history } = store;
  await history.append("t", [entry("a"), entry("b"), entry("c")]);
  const lease = await begin(store, "x1");
  for (const call of [
    () => history.upsert("t", [entry("a", "stolen")]),
    () => history.replace("t", { to: at(0) }, [], { expected: 1 }),
    () => history.clear("t"),
  ])
    await expect(call()).rejects.toMatchObject({ code: "CONFLICT" });
  await history.upsert("t", [entry("a", "A")], { lease });
  await history.replace("t", { from: at(1), to: at(2) }, [entry("s")], { expected: 2, lease });
  expect(await values(store)).toEqual(["A", "s"]);
  await store.commit("t", { history: [entry("d")] }, { operationId: "o", lease });
  await history.clear("t", { lease });
  expect(await values(store)).toEqual([]);
});

test("one that was taken over rewrites nothing, and moves no pulse", async () => {
  const backend = memoryBackend();
  const store = createStore({ backend });
  await store.history.append("t", [entry("a"), entry("b")]);
  const old = await begin(store, "x1");
  const lease = await begin(createStore({ backend }), "x2");
  expect(lease.fence).toBeGreaterThan(old.fence);
  for (const call of [
    () => store.history.upsert("t", [entry("a", "late")], { lease: old }),
    () => store.history.replace("t", {}, [], { expected: 2, lease: old }),
    () => store.history.clear("t", { lease: old }),
  ])
    await expect(call()).rejects.toMatchObject({ code: "LEASE_LOST" });
  expect(await values(store)).toEqual(["a", "b"]);
});

test("a holder that rewrites is heard: a challenger who saw the pulse before does not take the thread", async () => {
  const backend = memoryBackend();
  const store = createStore({ backend });
  await store.history.append("t", [entry("a")]);
  const lease = await begin(store, "x1");
  const there = createStore({ backend });
  const ask = { runId: "r", execution: "x2", event: "e", input: "hello" };
  const busy = await there.runs.begin("t", { ...ask, operationId: "1", ms: 60_000 });
  if (busy.status !== "busy") throw new Error("The thread is free.");
  await store.history.upsert("t", [entry("a", "A")], { lease });
  const again = { ...ask, operationId: "2", ms: 60_000, seen: busy.seen };
  expect(await there.runs.begin("t", again)).toMatchObject({ status: "busy" });
});

test("a lease of another thread or life, or what is none, is refused, and writes nothing", async () => {
  const backend = memoryBackend();
  const store = createStore({ backend });
  await store.history.append("t", [entry("a")]);
  const lease = await begin(store, "x1");
  const upsert = (wrong: unknown): Promise<unknown> =>
    store.history.upsert("t", [entry("a", "wrong")], { lease: wrong as Lease });
  await expect(upsert({ ...lease, threadId: "u" })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  await expect(upsert({})).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await expect(upsert({ ...lease, life: lease.life + 1 })).rejects.toMatchObject({
    code: "DELETED",
  });
  const user = store.for({ user: "bob" }).history;
  await expect(user.clear("t", { lease })).rejects.toMatchObject({ code: "FORBIDDEN" });
  expect(await values(store)).toEqual(["a"]);
});

test("a holder's rewrite that is retried after a lost acknowledgement is one", async () => {
  for (let lost = 0; lost < 3; lost += 1) {
    const inner = memoryBackend();
    const whole = createStore({ backend: inner });
    await whole.history.append("t", [entry("a"), entry("b")]);
    const lease = await begin(whole, "x1");
    const backend = losingAcknowledgements(inner, (index) => index === lost);
    const { history } = createStore({ backend });
    const options = { expected: 1, lease, operationId: "pop" };
    const pop = () => history.replace("t", { from: at(1) }, [], options);
    const write = () => history.upsert("t", [entry("c")], { lease, operationId: "add" });
    await pop().catch(pop);
    await write().catch(write);
    expect(await values(whole)).toEqual(["a", "c"]);
  }
});
