import type { Backend } from "../../backend/contract.ts";
import { runClient } from "./client.ts";
import { randomFrom, seedOf } from "./random.ts";
import type { Line } from "./record.ts";

/** What one process of a run does: so many clients on one handle. */
export interface Job {
  /** Names the process, and its clients with it. */
  readonly process: number;
  readonly seed: number;
  readonly partitions: readonly string[];
  readonly clients: number;
  /** Answers that each client wants. */
  readonly operations: number;
  readonly impatience: number;
  readonly patienceMs: number;
}

/** A module that opens the backend: `open` gets the subject's `given`, and opens a handle on the same storage in each process. */
export interface BackendModule {
  readonly open: (given: string) => Backend | Promise<Backend>;
}

/** Runs the clients of a job until all have what they want. */
export async function runJob(
  job: Job,
  backend: Backend,
  write: (line: Line) => void,
  answered: () => void,
): Promise<void> {
  const { process, seed, clients, ...rest } = job;
  await Promise.all(
    Array.from({ length: clients }, (_, index) =>
      runClient({
        ...rest,
        name: `${process}.${index}`,
        random: randomFrom(seedOf(seed, process, index)),
        backend,
        write,
        answered,
      }),
    ),
  );
}

/** The backend of a module that is loaded by its URL. Throws when the module exports no `open`. */
export async function openFrom(url: string, given: string): Promise<Backend> {
  const module = (await import(/* @vite-ignore */ url)) as Partial<BackendModule>;
  if (typeof module.open !== "function")
    throw new TypeError(`The module ${url} exports no function \`open\`.`);
  return module.open(given);
}
