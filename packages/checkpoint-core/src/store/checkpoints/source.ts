import { planChanges, type UserChange } from "../../codec/change.ts";
import { encodeState, type StateImage } from "../../codec/image.ts";
import type { Splice } from "../../codec/splice.ts";
import { decodeText, encodeText } from "../../codec/text.ts";

/** A state to be stored, and how it differs from its parent's where that is known. */
export interface PlannedState {
  readonly image: StateImage;
  /** Its text, where that was made already. */
  readonly text?: string;
  readonly splices?: readonly Splice[];
}

/** Where the new state comes from. It holds copies of our own from the moment on at which it is made, so what the caller does to their objects later changes nothing. */
export interface StateSource {
  /** The state, where it needs no more reading. */
  planned(): PlannedState | undefined;
  /** The state, on its parent's. The same parent always gives the same answer. */
  on(parent: StateImage): PlannedState;
}

/** A state given whole. Throws `UNSUPPORTED_VALUE` or `TOO_LARGE`. */
export function wholeState(state: unknown): StateSource {
  const planned = encodeState(state);
  return { planned: () => planned, on: () => planned };
}

/** Changes on a parent's state, worked out at once where that state is at hand. Throws as `planChanges` does. */
export function changedState(
  changes: readonly UserChange[],
  parent: StateImage | undefined,
): StateSource {
  let planned: PlannedState | undefined = parent && planChanges(parent, changes);
  const copy = planned ? [] : (decodeText(encodeText(changes)) as readonly UserChange[]);
  return {
    planned: () => planned,
    on(base) {
      planned ??= planChanges(base, copy);
      return planned;
    },
  };
}
