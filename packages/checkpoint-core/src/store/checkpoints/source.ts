import { planChanges, type UserChange } from "../../codec/change.ts";
import { copyOf, differenceFrom, type StateImage, weighed } from "../../codec/image.ts";
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
  /** Is it given whole, so that it can be stored with nothing to stand on? */
  readonly isWhole: boolean;
  /** The state with nothing to stand on; `undefined` where it is made of its parent's. */
  alone(): PlannedState | undefined;
  /** The state on its parent's. The same parent always gives the same answer. */
  on(parent: StateImage): PlannedState;
  /** The state, where it was worked out on its parent's at once. */
  planned(): PlannedState | undefined;
}

/** A state given whole. Throws `UNSUPPORTED_VALUE` or `TOO_LARGE`. */
export function wholeState(state: unknown): StateSource {
  const copy = copyOf(state);
  let whole: PlannedState | undefined;
  let last: { readonly parent: StateImage; readonly planned: PlannedState } | undefined;
  return {
    isWhole: true,
    alone() {
      whole ??= weighed(copy);
      return whole;
    },
    on(parent) {
      if (last?.parent !== parent) last = { parent, planned: differenceFrom(parent, copy) };
      return last.planned;
    },
    planned: () => undefined,
  };
}

/** Changes on a parent's state, worked out at once where that state is at hand. Throws as `planChanges` does. */
export function changedState(
  changes: readonly UserChange[],
  parent: StateImage | undefined,
): StateSource {
  const atOnce: PlannedState | undefined = parent && planChanges(parent, changes);
  const copy = atOnce ? [] : (decodeText(encodeText(changes)) as readonly UserChange[]);
  let last: { readonly parent: StateImage; readonly planned: PlannedState } | undefined;
  return {
    isWhole: false,
    alone: () => undefined,
    on(base) {
      if (atOnce) return atOnce;
      if (last?.parent !== base) last = { parent: base, planned: planChanges(base, copy) };
      return last.planned;
    },
    planned: () => atOnce,
  };
}
