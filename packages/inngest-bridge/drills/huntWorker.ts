import { parentPort, workerData } from "node:worker_threads";
import { defects } from "./simulation/defects/all.ts";
import { foundBy } from "./simulation/foundBy.ts";
import { hunt } from "./simulation/hunt.ts";

/** Looks for each of its defects, and tells what has found it. */
for (const id of workerData as readonly string[]) {
  const defect = defects.find((one) => one.id === id);
  const found = defect && (await hunt(defect, foundBy[id]));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a thread has no origin
  parentPort?.postMessage({ id, ...found });
}
