import { cpus, loadavg } from "node:os";

/** What a run was made on, taken when it begins: times of a busy machine mean little. `2 cores with Node 24.21.0, at a load of 0.1 when it began`. */
export const machine = `${cpus().length} cores with Node ${process.versions.node}, at a load of ${loadavg()[0]?.toFixed(1)} when it began`;
