import assert from "node:assert/strict";
import type { MemoryScope, MemoryStore } from "../../store/memory/contract.ts";
import { refused } from "../history/store.ts";
import { OF_USER, textsOf } from "../memory/store.ts";
import { droppable, losing, type StoreCase, storeCase, unreachable } from "./bench.ts";

const THREAD: MemoryScope = { kind: "thread", threadId: "t" };

/** Memories as records: of tenants and lives, when acknowledgements are lost, and what a search counts. */
export const storedMemories: readonly StoreCase[] = [
  storeCase(
    "memories-of-tenants",
    "a tenant's memories are not there for another tenant, nor for none, whatever the names",
    async ({ here, there }) => {
      const scopes = [
        { tenant: "a" },
        { tenant: "a:b" },
        {},
        { tenant: "a", user: "b" },
        { user: "b" },
      ];
      for (const [index, scope] of scopes.entries()) {
        assert.deepEqual(await textsOf(there({ scope }).memory), []);
        await here({ scope }).memory.write(OF_USER, [{ id: "a", text: `tea ${index}` }]);
      }
      for (const [index, scope] of scopes.entries()) {
        const { memories, searched } = await there({ scope }).memory.search(OF_USER, "tea");
        assert.deepEqual([memories[0]?.memory.text, searched], [`tea ${index}`, 1]);
      }
    },
  ),
  storeCase(
    "memories-of-a-life",
    "a thread's memories go with its life: late writers get DELETED, and the next life sees none of them",
    async ({ here, there }) => {
      const { memory } = here();
      await memory.write(THREAD, [{ id: "a", text: "secret" }]);
      await there().memory.search(THREAD, "secret");
      const thread = droppable();
      await here({ through: thread.through }).threads.get("t");
      await thread.dropRead();
      await refused(memory.write(THREAD, [{ id: "b", text: "late" }]), "DELETED", "a write");
      await refused(memory.update(THREAD, [{ id: "a", text: "late" }]), "DELETED", "an update");
      assert.equal(await there().memory.get(THREAD, "a"), undefined);
      assert.deepEqual(await textsOf(there().memory, THREAD), []);
      await there().threads.create("t");
      for (const { memory: other } of [here(), there()]) {
        assert.equal(await other.get(THREAD, "a"), undefined);
        assert.deepEqual(await textsOf(other, THREAD), []);
        assert.equal((await other.search(THREAD, "secret")).searched, 0);
      }
      await memory.write(THREAD, [{ id: "a", text: "new" }]);
      assert.deepEqual(await textsOf(there().memory, THREAD), ["new"]);
    },
  ),
  storeCase(
    "memories-lost-acknowledgement",
    "what is written, updated or deleted without an acknowledgement has happened once after its retry",
    async ({ here, there }) => {
      for (let lost = 0; lost < 5; lost += 1) {
        const within = { kind: "agent", agent: `x${lost}` } as const;
        const unlucky = here({ through: losing((index) => index === lost) }).memory;
        const calls: readonly ((memory: MemoryStore) => Promise<unknown>)[] = [
          (memory) =>
            memory.write(
              within,
              [{ id: "a", text: "a" }, { id: "gone", text: "x" }, { text: "b" }],
              { operationId: "w" },
            ),
          (memory) => memory.update(within, [{ id: "a", text: "c" }], { operationId: "u" }),
          (memory) => memory.delete(within, ["gone"], { operationId: "d" }),
        ];
        for (const call of calls) {
          await call(unlucky).catch(() => undefined);
          await call(there().memory);
        }
        assert.deepEqual(await textsOf(here().memory, within), ["b", "c"], `write ${lost} lost`);
        const { searched } = await there().memory.search(within, "c");
        assert.equal(searched, 2);
      }
    },
  ),
  storeCase(
    "memories-failure",
    "an engine that does not answer is an error of every reading of memories, never an answer of none",
    async ({ here }) => {
      const { memory } = here({ through: unreachable });
      for (const within of [OF_USER, THREAD]) {
        await refused(memory.get(within, "a"), "UNAVAILABLE", "get");
        await refused(memory.list(within), "UNAVAILABLE", "list");
        await refused(memory.search(within, "a"), "UNAVAILABLE", "search");
      }
    },
  ),
  storeCase(
    "memories-statistics",
    "after updates and deletions by two processes a search scores as if the rest had been written alone",
    async ({ here, there }) => {
      const stores = [here().memory, there().memory];
      const texts = new Map<string, string>();
      for (let turn = 0; turn < 60; turn += 1) {
        const memory = stores[turn % 2] ?? here().memory;
        const id = `m${(turn * 7) % 24}`;
        const text = `${"tea ".repeat(turn % 4)}cup ${"of milk ".repeat(turn % 3)}n${turn % 5}`;
        if (turn % 5 === 4) {
          await memory.delete(OF_USER, [id]);
          texts.delete(id);
        } else if (texts.has(id)) {
          await memory.update(OF_USER, [{ id, text }]);
          texts.set(id, text);
        } else {
          await memory.write(OF_USER, [{ id, text }]);
          texts.set(id, text);
        }
        await stores[(turn + 1) % 2]?.search(OF_USER, "tea");
      }
      const fresh = { kind: "agent", agent: "fresh" } as const;
      for (const [id, text] of texts) await here().memory.write(fresh, [{ id, text }]);
      for (const query of ["tea", "milk n1", "tea tea cup of n3"])
        assert.deepEqual(
          await scoresOf(there().memory, OF_USER, query),
          await scoresOf(here().memory, fresh, query),
        );
    },
  ),
  storeCase(
    "memories-of-many-writers",
    "writes, updates and deletions at once, from two processes, leave exactly what they should",
    async ({ here, there }) => {
      const stores = [here().memory, there().memory];
      const rounds = Array.from({ length: 12 }, (_, index) => index);
      await Promise.all(
        rounds.map(async (index) => {
          const memory = stores[index % 2] ?? here().memory;
          const other = stores[(index + 1) % 2] ?? here().memory;
          await memory.write(OF_USER, [
            { id: `a${index}`, text: "tea" },
            { id: `b${index}`, text: "tea" },
          ]);
          await other.search(OF_USER, "tea");
          await other.update(OF_USER, [{ id: `a${index}`, text: `milk ${index}` }]);
          await memory.delete(OF_USER, [`b${index}`]);
          assert.equal(await other.get(OF_USER, `b${index}`), undefined);
        }),
      );
      for (const memory of [...stores, here().memory]) {
        const { memories, searched } = await memory.search(OF_USER, "milk", { limit: 100 });
        assert.deepEqual([memories.length, searched], [12, 12]);
        assert.equal((await memory.search(OF_USER, "tea")).memories.length, 0);
      }
    },
  ),
];

async function scoresOf(
  memory: MemoryStore,
  within: MemoryScope,
  query: string,
): Promise<Readonly<Record<string, number>>> {
  const { memories } = await memory.search(within, query, { limit: 100 });
  return Object.fromEntries(memories.map((found) => [found.memory.id, found.score]));
}
