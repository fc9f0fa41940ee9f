import type { Backend } from "@perdure/checkpoint-core";

/** A module that opens the engine's backend: each process calls `open` with the same text, and gets a handle on the same storage. */
export interface OpenModule {
  readonly open: (given: string) => Backend | Promise<Backend>;
}

/** Storage for one drill, as processes are told of it. */
export interface Place {
  /** The module to be loaded by each process. */
  readonly module: URL;
  /** What its `open` gets. */
  readonly given: string;
}

/** The backend of a module that is loaded by its URL. */
export async function openFrom(module: string, given: string): Promise<Backend> {
  const { open } = (await import(/* @vite-ignore */ module)) as OpenModule;
  return open(given);
}
