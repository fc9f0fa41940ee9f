import { parentPort, workerData } from "node:worker_threads";
import type { Share } from "./simulation/campaign.ts";
import { simulate } from "./simulation/simulate.ts";

/** Runs its share of the seeds and tells of each what came of it, without the trace. */
const { from, to, step } = workerData as Share;
for (let seed = from; seed < to; seed += step) {
  const { problems, met, runs, requests } = await simulate(seed);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a thread has no origin
  parentPort?.postMessage({ seed, problems, met, runs, requests });
}
