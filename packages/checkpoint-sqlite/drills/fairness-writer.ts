import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { SqliteDriver } from "@perdure/checkpoint-sqlite";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";

/** One of several writing processes: writes as fast as it can from `startAt` to `endAt`, then sends what it did and how long its event loop was blocked. */
const [path = "", driver = "", id = "", startAt = "", endAt = ""] = process.argv.slice(2);
const backend = sqliteBackend({ path, driver: driver as SqliteDriver });
await backend.setup("create");
while (Date.now() < Number(startAt)) await sleep(5);

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const value = new Uint8Array(1024).fill(120);
let writes = 0;
let longestWaitMs = 0;
while (Date.now() < Number(endAt)) {
  const before = performance.now();
  await backend.write(`process-${id}`, {
    writes: [{ op: "append", prefix: "m/", value }],
    now: Date.now(),
  });
  longestWaitMs = Math.max(longestWaitMs, performance.now() - before);
  writes += 1;
}
delay.disable();
await backend[Symbol.asyncDispose]();
process.send?.({ writes, longestWaitMs, blockedMs: delay.max / 1e6 });
process.disconnect();
