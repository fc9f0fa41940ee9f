import { StorageError, type StorageErrorOptions } from "../../errors.ts";
import type { Effect, UnknownEffect } from "./contract.ts";

/** An attempt at the effect may be under way elsewhere: nothing was done. Retryable: wait `effect.ms`, then ask again, in another process with `effect.seen`: if nothing has moved, it is unknown then, and no longer in flight. */
export class EffectInFlightError extends StorageError {
  override readonly name = "EffectInFlightError";
  readonly effect: Extract<Effect, { readonly status: "inFlight" }>;

  constructor(effect: Extract<Effect, { readonly status: "inFlight" }>) {
    super(
      "IN_FLIGHT",
      `Attempt ${effect.attempt} at the effect ${JSON.stringify(effect.key)} may be under way; nothing was done. Try again in ${effect.ms} ms: in this process as it is, in another with the \`seen\` of this error's effect; if nothing has moved by then it is unknown.`,
      { retryAfterMs: effect.ms },
    );
    this.effect = effect;
  }
}

/** The effect was begun, and it is not known whether it happened. `cause` is what the work threw, or why its outcome could not be recorded, where this call knows it. */
export class EffectUnknownError extends StorageError {
  override readonly name = "EffectUnknownError";
  readonly effect: UnknownEffect;

  constructor(effect: UnknownEffect, message: string, options: StorageErrorOptions = {}) {
    super("OUTCOME_UNKNOWN", message, options);
    this.effect = effect;
  }
}

/** Thrown by the work of an effect to say that the effect surely did not happen: the attempt is forgotten, and the next one does it. */
export class EffectNotDoneError extends StorageError {
  override readonly name = "EffectNotDoneError";

  constructor(message: string, options: StorageErrorOptions = {}) {
    super("NOT_DONE", message, options);
  }
}
