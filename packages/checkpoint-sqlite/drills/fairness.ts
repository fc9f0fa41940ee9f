import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SqliteDriver } from "@perdure/checkpoint-sqlite";
import type { DrillResult } from "@perdure/drills";
import { watchMachine } from "./machine.ts";

const PROCESSES = 8;
/** Time for all processes to start before they begin together. */
const START_MS = 2500;
const WRITING_MS = 5000;
const MAX_BLOCKED_MS = 100;
const MAX_SHARE = 3;

interface Report {
  readonly writes: number;
  readonly longestWaitMs: number;
  readonly blockedMs: number;
}

/**
 * Eight writing processes on one file: waiting for each other blocks no event loop for more than 100 ms, and the largest share of the writes is at most 3x the
 * smallest. What the machine does to any process meanwhile is measured beside them and does not count as waiting.
 */
export async function fairness(driver: SqliteDriver): Promise<DrillResult> {
  const folder = await mkdtemp(join(tmpdir(), "perdure-fairness-"));
  const { result: reports, machine } = await watchMachine(
    join(folder, "sync"),
    allReports(join(folder, "shared.db"), driver),
  );
  await rm(folder, { recursive: true });
  const counts = reports.map(({ writes }) => writes);
  const share = Math.max(...counts) / Math.min(...counts);
  const blockedMs = Math.max(...reports.map((report) => report.blockedMs));
  const waitMs = Math.max(...reports.map((report) => report.longestWaitMs));
  const machineMs = Math.max(machine.stallMs, machine.syncMs);
  return {
    name: `fairness ${driver}`,
    passed: blockedMs - machineMs <= MAX_BLOCKED_MS && share <= MAX_SHARE,
    line:
      `${PROCESSES} processes wrote ${counts.join(" ")} in ${WRITING_MS} ms: largest share ${share.toFixed(2)}x the smallest (at most ${MAX_SHARE}x), ` +
      `longest event-loop block ${blockedMs.toFixed(0)} ms (at most ${MAX_BLOCKED_MS}; meanwhile an idle process stood still for ${machine.stallMs.toFixed(0)} ms, ` +
      `the disk took ${machine.syncMs.toFixed(0)} ms for a page), longest wait for a write ${waitMs.toFixed(0)} ms`,
  };
}

function allReports(path: string, driver: SqliteDriver): Promise<Report[]> {
  const startAt = Date.now() + START_MS;
  const endAt = startAt + WRITING_MS;
  return Promise.all(
    Array.from({ length: PROCESSES }, async (_, id): Promise<Report> => {
      const script = new URL("fairness-writer.ts", import.meta.url);
      const child = fork(script, [path, driver, ...[id, startAt, endAt].map(String)]);
      const [report] = (await once(child, "message")) as [Report];
      return report;
    }),
  );
}
