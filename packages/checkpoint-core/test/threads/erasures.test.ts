import { expect, test } from "vitest";
import {
  type Backend,
  createStore,
  memoryBackend,
  type Scope,
  type Store,
} from "../../src/index.ts";
import { cutOff } from "../../src/conformance/store/cutOff.ts";
import { leftOf, watched } from "./raw.ts";

const THEN = 1_700_000_000_000;
const LATER = THEN + 125 * 60_000;
/** More calls than an erasure makes. */
const MOST_CALLS = 600;

const at = (backend: Backend, scope: Scope, now = THEN): Store =>
  createStore({ backend, now: () => now, scope });

/** Everything that a user can have, each with the user's name in it. */
async function fill(store: Store, threads = 2): Promise<void> {
  const name = store.scope.user ?? "nobody";
  for (let index = 0; index < threads; index += 1) {
    const id = `${name}'s thread ${index}`;
    await store.threads.create(id, { title: name });
    await store.history.append(id, [{ id: "e", value: name }]);
    await store.checkpoints.put(id, { name });
    await store.runs.start(id, { runId: `${name}'s run ${index}` });
    await store.memory.write({ kind: "thread", threadId: id }, [{ id: "m", text: name }]);
    await store.streams.append(`${name}'s stream ${index}`, [name], {
      threadId: id,
      operationId: "op",
    });
  }
  await store.memory.write({ kind: "user" }, [{ id: "m", text: name }]);
  await store.memory.write({ kind: "agent", agent: "helper" }, [{ id: "m", text: name }]);
  await store.streams.append(`${name}'s own stream`, [name], { operationId: "op" });
}

/** What is left of a user but the record that the erasure was done. */
function leftOfUser(records: readonly string[], user: string): readonly string[] {
  return leftOf(records, user).filter((record) => !record.includes(" o/erase/"));
}

test("erases a user in every partition, and nothing of another", async () => {
  const { backend, records } = watched(memoryBackend());
  for (const user of ["ann", "bob"]) await fill(at(backend, { tenant: "acme", user }), 120);
  await fill(at(backend, { tenant: "other", user: "ann2" }));
  const others = async (): Promise<readonly string[]> =>
    (await records()).filter((record) => /bob|ann2/.test(record) && !record.startsWith("work/"));
  const before = await others();
  await at(backend, { tenant: "acme", user: "ann" }).erase({ operationId: "op" });
  const left = leftOfUser(await records(), "ann").filter((record) => !record.includes("ann2"));
  expect(left).toEqual([]);
  expect(await others()).toEqual(before);
});

test("erases a tenant, and leaves that it was there", async () => {
  const { backend, records } = watched(memoryBackend());
  for (const user of ["ann", "bob"]) await fill(at(backend, { tenant: "acme", user }));
  await fill(at(backend, { tenant: "acme" }));
  await at(backend, { tenant: "acme" }).erase({ operationId: "op" });
  const names = ["ann", "bob", "nobody"];
  for (const name of names) expect(leftOfUser(await records(), name)).toEqual([]);
});

test("an erasure that dies at any of its calls is finished by maintain, and users write again", async () => {
  for (let calls = 0; calls < MOST_CALLS; calls += 1) {
    const { backend, records } = watched(memoryBackend());
    const scope = { tenant: "acme", user: "ann" };
    await fill(at(backend, scope));
    const [outcome] = await Promise.allSettled([
      at(cutOff(calls)(backend), scope).erase({ operationId: "op" }),
    ]);
    const { failed } = await at(backend, {}, LATER).maintain({ ms: 60_000 });
    expect(failed).toEqual([]);
    const store = at(backend, scope, LATER);
    // Before anything was noted, the erasure has not begun.
    if (calls < 2) await store.erase({ operationId: "op" });
    expect({ calls, left: leftOfUser(await records(), "ann") }).toEqual({ calls, left: [] });
    if (calls % 16 === 0) {
      await store.memory.write({ kind: "user" }, [{ id: "n", text: "again" }]);
      await store.threads.create("ann's thread 0");
      await store.streams.append("ann's own stream", ["again"], { operationId: "op 2" });
      await store.erase({ operationId: "op" });
      expect((await store.threads.list()).threads.length).toBe(1);
      await store.erase({ operationId: "op 2" });
      expect(leftOfUser(await records(), "ann")).toEqual([]);
    }
    if (outcome.status === "fulfilled") return;
  }
  throw new Error(`An erasure makes more than ${MOST_CALLS} calls.`);
});
