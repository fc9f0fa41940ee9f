import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { Coverage } from "./coverage.ts";
import type { Simulated } from "./simulate.ts";

/** The seeds of one worker. */
export interface Share {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** What a worker tells of a seed. */
export type Told = Pick<Simulated, "seed" | "problems" | "met" | "runs" | "requests">;

export interface Campaign {
  readonly coverage: Coverage;
  /** The seeds in which an invariant was broken. */
  readonly failures: readonly Told[];
}

/** Runs the seeds from one to before another, on every core. */
export async function campaign({ from, to }: Omit<Share, "step">): Promise<Campaign> {
  const step = availableParallelism();
  const coverage = new Coverage();
  const failures: Told[] = [];
  const hear = (told: Told): void => {
    coverage.add(told);
    if (told.problems.length > 0) failures.push(told);
  };
  const shares = Array.from({ length: step }, (_, at) => ({ from: from + at, to, step }));
  await Promise.all(shares.map(async (share) => runShare(share, hear)));
  return { coverage, failures: failures.toSorted((one, other) => one.seed - other.seed) };
}

async function runShare(share: Share, hear: (told: Told) => void): Promise<void> {
  const worker = new Worker(new URL("../seedsWorker.ts", import.meta.url), {
    workerData: share,
    // A world lives for a moment: most of it is garbage before it would be moved.
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  });
  worker.on("message", hear);
  await new Promise<void>((resolve, reject) => {
    worker.once("error", reject);
    worker.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`A worker of the simulation ended with ${code}.`));
    });
  });
}
