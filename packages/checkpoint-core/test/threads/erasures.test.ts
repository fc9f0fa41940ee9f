import { expect, test } from "vitest";
import {
  type Backend,
  copyStore,
  createStore,
  memoryBackend,
  type Scope,
  type Store,
} from "../../src/index.ts";
import { asks, leaseOf } from "../../src/conformance/store/bench.ts";
import { cutOff } from "../../src/conformance/store/cutOff.ts";
import { wrapBackend } from "../wrap.ts";
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
  for (const user of ["annika", "bobbie"]) await fill(at(backend, { tenant: "acme", user }), 120);
  await fill(at(backend, { tenant: "other", user: "annika2" }));
  const others = async (): Promise<readonly string[]> =>
    (await records()).filter(
      (record) => /bobbie|annika2/.test(record) && !record.startsWith("work/"),
    );
  const before = await others();
  await at(backend, { tenant: "acme", user: "annika" }).erase({ operationId: "op" });
  const left = leftOfUser(await records(), "annika").filter(
    (record) => !record.includes("annika2"),
  );
  expect(left).toEqual([]);
  expect(await others()).toEqual(before);
});

/** A run that failed, twice, and one that waits for a person until a deadline. */
async function wait(backend: Backend, scope: Scope): Promise<void> {
  const name = scope.user ?? "nobody";
  for (let times = 0; times < 2; times += 1) {
    const store = at(backend, scope, THEN + times);
    const operationId = `fails ${times}`;
    const run = asks(`${name}'s failing`, `E${times}`, { operationId: `begins ${times}` });
    const lease = leaseOf(await store.runs.begin(`${name}'s failures`, run));
    const error = { name: "Error", message: name };
    await store.runs.settle(lease, { status: "failed", error }, { operationId });
  }
  const store = at(backend, scope);
  const id = `${name}'s question`;
  const lease = leaseOf(await store.runs.begin(id, asks(`${name}'s asking`, "E")));
  const call = { id: "c1", name: "refund", input: name };
  const message = { role: "assistant", content: name, toolCalls: [call] } as const;
  await store.commit(id, { answer: { turn: 1, value: { message } } }, { operationId: "m", lease });
  const approvals = [{ callId: "c1", tool: "refund", input: name, expiresInMs: 60_000 }];
  const settle = { status: "suspended", turn: 1, approvals } as const;
  await store.commit(id, { checkpoint: { state: name }, settle }, { operationId: "s", lease });
}

test("erases what waits and what failed from every list at once, with no sweep", async () => {
  for (const scope of [{ tenant: "acme", user: "annika" }, { tenant: "acme" }]) {
    const { backend, records } = watched(memoryBackend());
    await wait(backend, { tenant: "acme", user: "annika" });
    const lists = (await records()).filter((record) => /^(?:asked|r|open)[/]/.test(record));
    expect(lists.filter((record) => record.includes("annika")).length).toBeGreaterThan(8);
    await at(backend, scope).erase({ operationId: "op" });
    expect(leftOfUser(await records(), "annika")).toEqual([]);
    const { failed } = await at(backend, {}, LATER).maintain({ ms: 60_000 });
    expect(failed).toEqual([]);
    const kept = (await records()).filter((record) => record.includes("annika"));
    // That it was erased, and when old records of operations are to be looked for.
    const told = kept.filter((record) =>
      / (?:o[/]erase|w[/]operation(?:s|-records))[/]/.test(record),
    );
    expect(kept).toEqual(told);
  }
});

test("erases a tenant, and leaves that it was there", async () => {
  const { backend, records } = watched(memoryBackend());
  for (const user of ["annika", "bobbie"]) await fill(at(backend, { tenant: "acme", user }));
  await fill(at(backend, { tenant: "acme" }));
  await at(backend, { tenant: "acme" }).erase({ operationId: "op" });
  const names = ["annika", "bobbie", "nobody"];
  for (const name of names) expect(leftOfUser(await records(), name)).toEqual([]);
});

test("an erasure that dies at any of its calls is finished by maintain, and users write again", async () => {
  for (let calls = 0; calls < MOST_CALLS; calls += 1) {
    const { backend, records } = watched(memoryBackend());
    const scope = { tenant: "acme", user: "annika" };
    await fill(at(backend, scope));
    const [outcome] = await Promise.allSettled([
      at(cutOff(calls)(backend), scope).erase({ operationId: "op" }),
    ]);
    const { failed } = await at(backend, {}, LATER).maintain({ ms: 60_000 });
    expect(failed).toEqual([]);
    const store = at(backend, scope, LATER);
    // Before anything was noted, the erasure has not begun.
    if (calls < 2) await store.erase({ operationId: "op" });
    expect({ calls, left: leftOfUser(await records(), "annika") }).toEqual({ calls, left: [] });
    if (calls % 16 === 0) {
      await store.memory.write({ kind: "user" }, [{ id: "n", text: "again" }]);
      await store.threads.create("annika's thread 0");
      await store.streams.append("annika's own stream", ["again"], { operationId: "op 2" });
      await store.erase({ operationId: "op" });
      expect((await store.threads.list()).threads.length).toBe(1);
      await store.erase({ operationId: "op 2" });
      expect(leftOfUser(await records(), "annika")).toEqual([]);
    }
    if (outcome.status === "fulfilled") return;
  }
  throw new Error(`An erasure makes more than ${MOST_CALLS} calls.`);
});

test("erases nothing of a thread that another user has made under the id of a deleted one", async () => {
  const backend = memoryBackend();
  const within = { kind: "thread", threadId: "t" } as const;
  const [annika, bobbie] = [{ user: "annika" }, { user: "bobbie" }].map((scope) =>
    at(backend, scope),
  );
  if (!annika || !bobbie) throw new Error("There are two users.");
  await annika.memory.write(within, [{ id: "m", text: "hers" }]);
  await annika.threads.delete("t");
  await bobbie.threads.create("t");
  await bobbie.memory.write(within, [{ id: "m", text: "his" }]);
  await annika.erase({ operationId: "op" });
  expect((await bobbie.memory.search(within, "his")).memories).toHaveLength(1);
  await bobbie.erase({ operationId: "op" });
  const { records } = watched(backend);
  expect((await records()).filter((record) => /hers|his/.test(record))).toEqual([]);
});

test("harms no memories of a life that begins while it erases", async () => {
  for (let call = 1; call < 60; call += 1) {
    const backend = memoryBackend();
    const within = { kind: "thread", threadId: "t" } as const;
    const mine = at(backend, {});
    await mine.memory.write(within, [{ id: "old", text: "old" }]);
    let calls = 0;
    let written = 0;
    const meddle = async (partition: string): Promise<void> => {
      calls += 1;
      const isMemory = partition.startsWith("m/");
      if (calls < call || !isMemory || written > 3) return;
      written += 1;
      await mine.threads.create("t");
      await mine.memory.write(within, [{ id: `new ${written}`, text: `new ${written}` }]);
    };
    const meddling = wrapBackend(backend, {
      scan: async (...asked) => meddle(asked[0]).then(() => backend.scan(...asked)),
      write: async (...asked) => meddle(asked[0]).then(() => backend.write(...asked)),
    });
    await at(meddling, {}).erase({ operationId: "op" });
    const { memories, complete } = await at(backend, {}).memory.search(within, "new old");
    expect(complete).toBe(true);
    expect(memories.every(({ memory }) => memory.text !== "old")).toBe(true);
  }
});

test("erases what was dropped already and is still listed", async () => {
  const [source, target] = [memoryBackend(), memoryBackend()];
  const user = { kind: "user" } as const;
  const annika = { user: "annika" };
  await at(source, annika).memory.write(user, [{ id: "m", text: "hers" }]);
  await copyStore(at(source, {}), at(target, {}));
  await at(source, annika).memory.erase(user);
  expect((await copyStore(at(source, {}), at(target, {}))).removed).toBe(1);
  await at(target, annika).erase({ operationId: "op" });
  await at(target, annika).memory.write(user, [{ id: "m", text: "again" }]);
  expect((await at(target, annika).memory.get(user, "m"))?.text).toBe("again");
});

test("erases no stream of another user who began it at the same time", async () => {
  const backend = memoryBackend();
  const bobbie = at(backend, { user: "bobbie" });
  let begun = 0;
  const slow = wrapBackend(backend, {
    async write(partition, batch) {
      if (partition.startsWith("s/") && begun === 0) {
        begun += 1;
        await bobbie.streams.append("s", ["his"]);
      }
      return backend.write(partition, batch);
    },
  });
  await expect(at(slow, { user: "annika" }).streams.append("s", ["hers"])).rejects.toMatchObject({
    code: "FORBIDDEN",
  });
  await at(backend, { user: "annika" }).erase({ operationId: "op" });
  expect((await bobbie.streams.read("s")).events.map(({ value }) => value)).toEqual(["his"]);
  await bobbie.erase({ operationId: "op" });
  expect((await at(backend, {}).streams.read("s")).events).toEqual([]);
});

test("shows no event of an erased stream in another of its name, wherever the erasure was cut short", async () => {
  for (let calls = 0; calls < MOST_CALLS; calls += 1) {
    const backend = memoryBackend();
    const annika = at(backend, { user: "annika" });
    for (const event of ["a", "b", "c", "d"]) await annika.streams.append("s", [event]);
    const cut = at(cutOff(calls)(backend), { user: "annika" });
    const [erased] = await Promise.allSettled([cut.erase({ operationId: "op" })]);
    const bobbie = at(backend, { user: "bobbie" });
    const six = Array.from({ length: 6 }, (_, index) => `his ${index}`);
    const [written] = await Promise.allSettled([bobbie.streams.append("s", six)]);
    if (written.status === "fulfilled")
      expect((await bobbie.streams.read("s")).events.map(({ value }) => value)).toEqual(six);
    else expect(written.reason).toMatchObject({ code: "FORBIDDEN" });
    if (erased.status === "fulfilled") return;
  }
  expect.unreachable("An erasure makes more calls than that.");
});
