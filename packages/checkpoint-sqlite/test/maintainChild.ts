import { on } from "node:events";
import { isStorageError } from "@perdure/checkpoint-core";
import { type SqliteDriver, sqliteStore } from "@perdure/checkpoint-sqlite";

/** Another process that maintains the same file: for each instant that it is sent, all that is due by then, a little a call. It sends what came of it. */
const [path = "", driver = ""] = process.argv.slice(2);

async function maintainAt(now: number): Promise<unknown> {
  await using store = sqliteStore({
    path,
    driver: driver as SqliteDriver,
    durability: "normal",
    waitMs: 60_000,
    now: () => now,
  });
  const failed: string[] = [];
  const wakes: string[] = [];
  for (let more = true, calls = 0; more && calls < 10_000; calls += 1) {
    const report = await store.maintain({ ms: 5 });
    failed.push(...report.failed.map(({ kind, error }) => `${kind}: ${String(error)}`));
    wakes.push(...report.wakes.map(({ runId }) => runId));
    ({ more } = report);
  }
  return { failed, wakes };
}

process.send?.("ready");
for await (const [now] of on(process, "message") as AsyncIterable<[number]>)
  process.send?.(
    await maintainAt(now).catch((error: unknown) => ({
      failed: [isStorageError(error) ? `${error.code}: ${error.message}` : String(error)],
      wakes: [],
    })),
  );
