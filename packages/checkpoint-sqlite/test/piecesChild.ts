import { createStore } from "@perdure/checkpoint-core";
import { type SqliteDriver, sqliteBackend } from "@perdure/checkpoint-sqlite";
import { narrowed, stateOf } from "./narrowed.ts";

/** Another process that puts large states on the same file, and is killed before one of its writes where a number of them is given. */
const [path = "", driver = "", name = "", puts = "", killedAt = ""] = process.argv.slice(2);
const backend = sqliteBackend({
  path,
  driver: driver as SqliteDriver,
  durability: "normal",
  waitMs: 60_000,
});
let writes = 0;
const store = createStore({
  backend: narrowed(backend, () => {
    if (String(writes) === killedAt) process.kill(process.pid, "SIGKILL");
    writes += 1;
  }),
});
for (let put = 0; put < Number(puts); put += 1) {
  await store.checkpoints.put(name, stateOf(name, put), { operationId: `${put}` });
  await store.history.append("shared", [{ id: `${name} ${put}`, value: stateOf(name, put) }]);
  await store.maintain({ ms: 1000 });
}
process.send?.(writes);
await backend[Symbol.asyncDispose]();
process.disconnect();
