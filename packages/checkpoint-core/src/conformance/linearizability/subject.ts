import type { Backend } from "../../backend/contract.ts";

/**
 * What can go wrong with an engine, by name. Each breaks something (cuts connections, drops answers, kills the server) and resolves when the engine can be used again; two are never
 * under way at once.
 */
export type Faults = Readonly<Record<string, () => void | Promise<void>>>;

/** A backend whose clients are to be watched, on storage of its own that `setup` has been run on. */
export interface LinearizabilitySubject {
  /**
   * How each process opens its handle: the URL of a module that Node can load and that exports `open(given)`, for real processes; or a function, for several handles in this one. Handles
   * are disposed of by the run.
   */
  readonly open: URL | (() => Backend | Promise<Backend>);
  /** What the module's `open` gets: a path, a URL. Empty when not given. */
  readonly given?: string;
  /** What is done to the engine meanwhile. Killing one of the processes is always among it, where there are some. */
  readonly faults?: Faults;
}

/** How much happens in a run. */
export interface RunSize {
  /** Decides what clients ask for and when faults come; not how the machine orders what is under way at once. Another one each time when not given; a failure prints it. */
  readonly seed?: number;
  /** Processes (or handles) at once. 3 when not given. */
  readonly processes?: number;
  /** Clients in each. 4 when not given. */
  readonly clients?: number;
  /** Answers that each client wants. 60 when not given. */
  readonly operations?: number;
  /** Partitions that they share. 2 when not given. */
  readonly partitions?: number;
  /** Faults that are made in the run with faults. 6 when not given. */
  readonly faults?: number;
  /** Milliseconds after which a client waits no longer for an answer. 5,000 when not given. */
  readonly patienceMs?: number;
}

/** A size with everything in it. */
export interface RunOptions extends Required<RunSize> {
  /** How many of a hundred answers a client does not wait for. */
  readonly impatience: number;
}
