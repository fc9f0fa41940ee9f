import type { Store } from "../../../src/index.ts";
import type { Given } from "./states.ts";

/** One row of the table: what is there, what happens, and to which run. */
export interface Row {
  /** Where the run `r` stands. */
  readonly state: string;
  readonly event: string;
  /** What else must be true. */
  readonly guard?: string;
  /** Makes the state; what it answers goes to `act`. */
  readonly prepare: (store: Store) => Promise<Given>;
  readonly act: (store: Store, given: Given) => Promise<unknown>;
}
