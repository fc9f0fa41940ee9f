import { expect, test } from "vitest";
import { ensureThread } from "../../src/store/life/life.ts";
import { outcome, stagedBackend, startProcess } from "./processes.ts";

const changes = [{ path: ["n"], set: 2 }];

test("another user's thread is forbidden, whatever the verb and the cache, and nothing is written", async () => {
  const backend = stagedBackend();
  const process = startProcess(backend);
  const ada = process.scoped({ user: "ada" });
  const first = await ada.put("t", { n: 1 }, { operationId: "op" });
  for (const eve of [process, startProcess(backend)].map(({ scoped }) => scoped({ user: "eve" }))) {
    backend.calls.length = 0;
    const calls = [
      eve.put("t", { n: 2 }),
      eve.put("t", { n: 2 }, { operationId: "op" }),
      eve.put("t", { n: 2 }, { expectedHead: first }),
      eve.append("t", { parentId: first, changes }),
      eve.append("t", { parentId: first, changes: [{ path: ["not there"], append: [] }] }),
      eve.append("t", { parentId: "5-abcdefgh", changes, branch: true }),
      eve.get("t"),
      eve.get("t", first),
      eve.get("t", "5-abcdefgh"),
      eve.record("t"),
      eve.record("t", first),
      eve.list("t"),
      eve.list("t", { limit: 0 }),
      eve.delete("t"),
      eve.delete("t", first),
      eve.delete("t", "no id of ours"),
    ];
    for (const call of calls) expect(await outcome(call)).toBe("FORBIDDEN");
    expect(backend.calls.filter(({ verb }) => verb !== "read")).toEqual([]);
  }
  expect(await ada.list("t")).toHaveLength(1);
});

test("a scope with a user writes warm, held to the thread's life", async () => {
  const backend = stagedBackend();
  const process = startProcess(backend);
  const ada = process.scoped({ user: "ada" });
  const first = await ada.put("t", { n: 1 });
  backend.calls.length = 0;
  const second = await ada.append("t", { parentId: first, changes });
  expect(backend.calls.map(({ verb, keys }) => [verb, keys[0]])).toEqual([["write", "life"]]);
  const eve = startProcess(backend);
  await eve.context.thread("t").drop(0);
  await ensureThread({ ...eve.context, scope: { user: "eve" } }, "t", { revive: true });
  expect(await outcome(ada.append("t", { parentId: second, changes }))).toBe("FORBIDDEN");
  expect(await outcome(ada.put("t", { n: 3 }))).toBe("FORBIDDEN");
  expect(await eve.scoped({ user: "eve" }).list("t")).toEqual([]);
});

test("a store without a user sees the threads of all users of its tenant, and of no other", async () => {
  const backend = stagedBackend();
  const { scoped } = startProcess(backend);
  await scoped({ tenant: "a", user: "ada" }).put("t", { n: 1 });
  expect(await scoped({ tenant: "a" }).get("t")).toEqual({ n: 1 });
  expect(await scoped({ tenant: "b" }).get("t")).toBeNull();
  expect(await scoped({}).get("t")).toBeNull();
  expect(await outcome(scoped({ tenant: "b", user: "ada" }).get("t"))).toBeNull();
});
