import { join } from "node:path";
import { createStore, type MemoryStore } from "@perdure/checkpoint-core";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { median } from "./measure.ts";
import { databaseBytes } from "./engines/sqlite.ts";

const USER = { kind: "user" } as const;
const MEMORIES = 10_000;
const BATCH = 25;
const REPETITIONS = 100;

/** 10,000 memories of 60 words on average in one scope: what the verbs take on them, as a table of medians in milliseconds. */
export async function memories(folder: string): Promise<string> {
  const path = join(folder, "memories.db");
  await using backend = sqliteBackend({ path });
  const open = (): MemoryStore => createStore({ backend }).memory;
  const [one, other] = [open(), open()];
  const lines: (readonly [what: string, ms: number])[] = [];
  const timed = async (
    what: string,
    work: (turn: number) => Promise<unknown>,
    repetitions = REPETITIONS,
  ): Promise<void> => {
    const times: number[] = [];
    for (let turn = 0; turn < repetitions; turn += 1) {
      const begun = performance.now();
      await work(turn);
      times.push(performance.now() - begun);
    }
    lines.push([what, median(times)]);
  };
  const batch = (turn: number): Promise<unknown> =>
    one.write(
      USER,
      Array.from({ length: BATCH }, (_, index) => ({
        id: `m${turn * BATCH + index}`,
        text: text(),
      })),
    );
  await timed(`write of ${BATCH}`, batch, MEMORIES / BATCH);
  await timed("search, the first in a process", () => open().search(USER, text(3)), 5);
  await other.search(USER, text(3));
  await timed("search, nothing new", () => other.search(USER, text(3)));
  await timed("write of one", (turn) =>
    one.write(USER, [{ text: text() }], { operationId: `write ${turn}` }),
  );
  await timed("write of one by another process, and search", async (turn) => {
    await one.write(USER, [{ id: `n${turn}`, text: text() }]);
    await other.search(USER, text(3));
  });
  await timed("update", (turn) => one.update(USER, [{ id: `m${turn}`, text: text() }]));
  await timed("get", (turn) => one.get(USER, `m${turn}`));
  await timed("list of 100", () => one.list(USER));
  await timed("delete", (turn) => one.delete(USER, [`m${turn}`]));
  const bytes = databaseBytes(path);
  await timed("erase", () => one.erase(USER), 1);
  const width = Math.max(...lines.map(([what]) => what.length));
  const rows = lines.map(([what, ms]) => `${what.padEnd(width)}  ${ms.toFixed(2).padStart(8)} ms`);
  return [...rows, `the file: ${(bytes / 1e6).toFixed(1)} MB`].join("\n");
}

/** Words of which some are frequent, as in any language. */
function text(words = 30 + Math.floor(Math.random() * 60)): string {
  return Array.from({ length: words }, () => Math.floor(Math.random() ** 3 * 20_000))
    .map((rank) => `word${rank.toString(36)}`)
    .join(" ");
}
