import type { Fault } from "./underLoad.ts";
import { between } from "./random.ts";

/** SIGKILL to one of the processes that write; another one comes in its place, and first does again what it had begun. */
export const killWriters: Fault = {
  what: "kill -9 of a writing process, whose successor goes on",
  make: (load, random) => load.replace(between(random, 0, load.processes - 1)),
};
