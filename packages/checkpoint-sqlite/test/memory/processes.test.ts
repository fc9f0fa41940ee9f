import { fork } from "node:child_process";
import { once } from "node:events";
import { createStore } from "@perdure/checkpoint-core";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { expect, test } from "vitest";
import { drivers, testFile } from "../folder.ts";

const PROCESSES = 3;
const TURNS = 25;
const user = { kind: "user" } as const;

test.each(drivers)(
  "memories that several processes write, retry, update and delete at once are all there, once, and each process finds its own, %s",
  async (driver) => {
    const path = await testFile();
    await using backend = sqliteBackend({ path, driver });
    const { memory } = createStore({ backend });
    await memory.write(user, [{ id: "first", text: "tea" }]);
    await memory.search(user, "tea");
    const missed = await Promise.all(
      Array.from({ length: PROCESSES }, async (_, id) => {
        const script = new URL("writer.ts", import.meta.url);
        const child = fork(script, [path, driver, String(id), String(TURNS)], {
          execArgv: ["--disable-warning=ExperimentalWarning"],
        });
        const [result] = (await once(child, "message")) as [unknown];
        return result;
      }),
    );
    expect(missed).toEqual([0, 0, 0]);
    const all = PROCESSES * TURNS + 2;
    for (const one of [memory, createStore({ backend }).memory]) {
      const milk = await one.search(user, "milk", { limit: 1000 });
      expect([milk.memories.length, milk.searched]).toEqual([PROCESSES * TURNS, all]);
      expect((await one.search(user, "tea")).memories.map(({ memory: { id } }) => id)).toEqual([
        "first",
      ]);
    }
    expect((await memory.list(user, { limit: 1000 })).memories.length).toBe(all);
  },
  60_000,
);
