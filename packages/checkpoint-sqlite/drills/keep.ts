import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStore } from "@perdure/checkpoint-core";
import { type SqliteDriver, sqliteBackend } from "@perdure/checkpoint-sqlite";
import { leavings } from "../../checkpoint-core/test/checkpoints/sweepStored.ts";
import type { DrillResult } from "@perdure/drills";

/** Time for both processes to start before they begin together. */
const START_MS = 2500;
const HOUR = 60 * 60 * 1000;

/**
 * Two processes, one that shows 10 and one that shows 5, put so many checkpoints each at once on one thread: all are acknowledged, what is shown is between the two numbers and the same
 * for everybody, and after a sweep the records of what is hidden are gone, and what is shown can be read. Every put is stored whole, so that none needs another one.
 */
export async function keepLastRace(driver: SqliteDriver, count: number): Promise<DrillResult> {
  const folder = await mkdtemp(join(tmpdir(), "perdure-keep-"));
  const path = join(folder, "kept.db");
  const startAt = String(Date.now() + START_MS);
  const acknowledged = await Promise.all(
    [10, 5].map(async (keepLast) => {
      const script = new URL("keep-writer.ts", import.meta.url);
      const child = fork(script, [path, driver, String(keepLast), String(count), startAt]);
      const [ids] = (await once(child, "message")) as [string[]];
      return ids;
    }),
  );
  await using backend = sqliteBackend({ path, driver });
  const list = async (): Promise<readonly string[]> =>
    (await createStore({ backend }).checkpoints.list("kept")).map(({ id }) => id);
  const shown = await list();
  const inOrder = acknowledged.flat().toSorted((one, other) => ordinal(other) - ordinal(one));
  const { failed } = await createStore({ backend, now: () => Date.now() + 2 * HOUR }).maintain({
    ms: 10_000,
  });
  const after = await list();
  const left = await leavings(backend, "kept", {
    visible: after.map(ordinal),
    pinned: [],
    now: Date.now(),
  });
  const states = await Promise.all(
    after.map((id) => createStore({ backend }).checkpoints.get("kept", id)),
  );
  const right =
    new Set(inOrder).size === 2 * count &&
    shown.length >= 5 &&
    shown.length <= 10 &&
    JSON.stringify(shown) === JSON.stringify(inOrder.slice(0, shown.length)) &&
    JSON.stringify(after) === JSON.stringify(shown) &&
    states.every((state) => state !== null) &&
    left.stored === after.length &&
    left.unneeded.length + left.missing.length === 0 &&
    failed.length === 0;
  await rm(folder, { recursive: true });
  return {
    name: `keepLast ${driver}`,
    passed: right,
    line: `2 processes with keepLast 10 and 5 put ${count} each at once: ${new Set(inOrder).size} acknowledged, the newest ${shown.length} shown, the same ${after.length} after a sweep, which leaves ${left.stored} stored`,
  };
}

function ordinal(id: string): number {
  return Number(id.split("-")[0]);
}
