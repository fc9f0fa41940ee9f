import { randomBytes } from "node:crypto";
import { createStore } from "@perdure/checkpoint-core";
import { type SqliteDriver, sqliteBackend } from "@perdure/checkpoint-sqlite";

/** A text that has nothing in common with the one before, and that no compression makes smaller by much. */
const noise = (): string => randomBytes(2500).toString("hex");

/** One of two processes: so many puts at once on one thread, then the ids that were acknowledged. */
const [path = "", driver = "", keepLast = "", count = "", startAt = ""] = process.argv.slice(2);
const backend = sqliteBackend({ path, driver: driver as SqliteDriver });
const store = createStore({ backend, keepLast: Number(keepLast) });
await store.setup();
await new Promise((resolve) => {
  setTimeout(resolve, Math.max(0, Number(startAt) - Date.now()));
});
const ids = await Promise.all(
  Array.from({ length: Number(count) }, (_, n) =>
    store.checkpoints.put("kept", { by: keepLast, n, text: noise() }),
  ),
);
await store[Symbol.asyncDispose]();
await backend[Symbol.asyncDispose]();
process.send?.(ids);
process.disconnect();
