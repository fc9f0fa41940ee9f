import type { Write } from "../backend/contract.ts";
import type { Snapshot } from "./partition.ts";

/**
 * One store's share of a commit. The commit reads the keys of all its parts at once, lets each draft its entries, and writes them together; after a conflict
 * every part drafts again from a fresh read.
 */
export interface Part<T> {
  /** What must be read before drafting. */
  readonly keys: readonly string[];
  /** Decides from what was read (and from further reads of its own); refuses bad input before anything is written. */
  draft(snapshot: Snapshot): Promise<Draft<T>>;
}

/** Entries that a part adds, in its order of expectations. */
export interface Draft<T> {
  readonly writes: readonly Write[];
  /** Called once, when the write has landed with this revision: brings caches up to date and says what the caller gets. */
  landed(revision: number): T;
}
