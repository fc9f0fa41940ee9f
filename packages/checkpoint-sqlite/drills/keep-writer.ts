import { createStore } from "@perdure/checkpoint-core";
import { type SqliteDriver, sqliteBackend } from "@perdure/checkpoint-sqlite";

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
    store.checkpoints.put("kept", { by: keepLast, n, text: `${keepLast} ${n}`.padEnd(5000, ".") }),
  ),
);
await store[Symbol.asyncDispose]();
await backend[Symbol.asyncDispose]();
process.send?.(ids);
process.disconnect();
