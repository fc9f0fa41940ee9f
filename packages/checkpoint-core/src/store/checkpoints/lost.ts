import { DeletedError, isStorageError, StorageError } from "../../errors.ts";
import type { Snapshot } from "../partition.ts";
import { checkpointKey, decodeCheckpoint } from "./schema.ts";
import type { View } from "./view.ts";

/** A write that was sent: what it would have made, and what it expected. */
export interface Attempt {
  readonly id: string;
  readonly ordinal: number;
  /** The head's revision that it expected; 0: no head. */
  readonly revision: number;
  /** The life that it was planned in. */
  readonly life: number;
}

/** Lost acknowledgements of one call before it gives up. */
const MAX_LOST = 5;
/** What can be said for sure also after an acknowledgement was lost. */
const certain: ReadonlySet<string> = new Set([
  "CONFLICT",
  "NOT_FOUND",
  "FORBIDDEN",
  "DELETED",
  "OUTCOME_UNKNOWN",
]);

/** Whether the write that threw this may have happened. */
export function mayHaveLanded(error: unknown): boolean {
  return isStorageError(error) && error.code === "UNAVAILABLE";
}

/** The attempts of one call without an operation id whose acknowledgements were lost: looked up by their ids, in the same read that the next attempt is planned from. */
export class LostAttempts {
  readonly #attempts: Attempt[] = [];
  #cause: unknown;

  get none(): boolean {
    return this.#attempts.length === 0;
  }

  /** What the next plan has to read with the rest. */
  get keys(): readonly string[] {
    return this.#attempts.map(({ ordinal }) => checkpointKey(ordinal));
  }

  add(attempt: Attempt, cause: unknown): void {
    this.#attempts.push(attempt);
    this.#cause = cause;
    if (this.#attempts.length > MAX_LOST) throw this.#unknown(cause);
  }

  /** The id of the attempt that has landed. Throws `DELETED` when the life has ended in which they were planned, `OUTCOME_UNKNOWN` when one may have landed and be gone again. */
  landed(snapshot: Snapshot, view: View): string | undefined {
    const standing = this.#attempts.find(({ id, ordinal }) => idAt(snapshot, ordinal) === id);
    if (standing) return standing.id;
    for (const { ordinal, life } of this.#attempts) {
      if (view.life?.revision !== life)
        throw new DeletedError("The thread was deleted while its checkpoint was being written.");
      const passed = (view.head?.tip ?? 0) >= ordinal;
      if (passed && !snapshot.has(checkpointKey(ordinal))) throw this.#unknown(this.#cause);
    }
    return undefined;
  }

  /** A refusal stands only when no lost attempt can land any more: the head has moved past what each of them expected. */
  refusal(view: View, error: StorageError): StorageError {
    const head = view.head?.revision ?? 0;
    return this.#attempts.some(({ revision }) => revision === head) ? this.#unknown(error) : error;
  }

  /** What the call throws, when this is what stopped it. */
  explain(error: unknown): unknown {
    if (this.none || (isStorageError(error) && certain.has(error.code))) return error;
    return this.#unknown(error);
  }

  #unknown(cause: unknown): StorageError {
    return new StorageError(
      "OUTCOME_UNKNOWN",
      "The acknowledgement of a checkpoint's write was lost, and whether it was written cannot be found out; without an operation id it is not safe to try again.",
      { cause },
    );
  }
}

function idAt(snapshot: Snapshot, ordinal: number): string | undefined {
  const record = snapshot.get(checkpointKey(ordinal));
  return record && decodeCheckpoint(record).id;
}
