import { once } from "node:events";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { type Job, openFrom, runJob } from "./host.ts";
import { machineTime } from "./record.ts";

/** What a process of a run is started with, as JSON in its first argument. */
export interface WorkerJob extends Job {
  readonly module: string;
  readonly given: string;
  /** The file that it writes its lines to: what is written there is kept when the process is killed. */
  readonly log: string;
}

/** What it says. */
export type WorkerMessage =
  | { readonly ready: number }
  | { readonly answered: number }
  | { readonly done: true }
  | { readonly failed: string };

/** Answers after which it says how far it is. */
const REPORT_EVERY = 8;

/* A process of clients: opens its handle, says its time, waits for the word, and runs. */
const job = JSON.parse(process.argv[2] ?? "") as WorkerJob;
const say = (message: WorkerMessage): boolean | undefined => process.send?.(message);
let over = false;
// When the run itself was killed nobody reads the lines any more.
process.once("disconnect", () => {
  if (!over) rmSync(dirname(job.log), { recursive: true, force: true });
  process.exit();
});
try {
  const file = openSync(job.log, "a");
  const backend = await openFrom(job.module, job.given);
  const go = once(process, "message");
  say({ ready: machineTime() });
  await go;
  let count = 0;
  await runJob(
    job,
    backend,
    (line) => void writeSync(file, `${JSON.stringify(line)}\n`),
    () => {
      count += 1;
      if (count % REPORT_EVERY === 0) say({ answered: REPORT_EVERY });
    },
  );
  closeSync(file);
  say({ done: true });
  await backend[Symbol.asyncDispose]();
} catch (error) {
  say({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exitCode = 1;
}
over = true;
process.disconnect?.();
