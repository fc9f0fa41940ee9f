import type { Lease } from "../lease/lease.ts";

/** A side effect as it stands: what is known of it, and what is not. */
export type Effect<T = unknown> = EffectFacts &
  (
    | {
        /** Begun, and whoever began it may be at it. It is `unknown` to one that waits `ms` milliseconds and then asks with `seen`, if nothing has moved since. */
        readonly status: "inFlight";
        readonly seen: number;
        readonly ms: number;
      }
    | {
        /** Begun by an attempt that is over or was taken over, and that recorded no outcome: it may have happened. A person says `done` or `again`. */
        readonly status: "unknown";
        /** What the attempt threw, where it came to that. */
        readonly error?: { readonly name: string; readonly message: string };
      }
    /** Somebody said that it is to be attempted again, and nobody has begun. */
    | { readonly status: "again" }
    | ({ readonly status: "recorded" } & EffectOutcome<T>)
  );

/** What an effect is called and which attempt at it is meant. */
export interface EffectFacts {
  readonly threadId: string;
  readonly key: string;
  /** Names the attempt: a later one has a higher number. What a person decides, they decide about this one. */
  readonly attempt: number;
  /** The same in every attempt and in every process: for the service that carries the effect out, so that it does it once. */
  readonly idempotencyKey: string;
  /** When the attempt began, by its clock. */
  readonly begunAt: Date;
  /** The run and the execution that began it, where it was begun under a lease. */
  readonly runId?: string;
  readonly execution?: string;
}

/** What came of an effect that is done: its value as it is stored, or why that could not be kept. */
export type EffectOutcome<T = unknown> =
  | { readonly value: T; readonly unkept?: undefined }
  /** The effect happened and is recorded as done; what the work answered could not be kept. */
  | { readonly value?: undefined; readonly unkept: Unkept };

/** Why a value could not be kept, in the words of the refusal. */
export interface Unkept {
  readonly code: string;
  readonly message: string;
}

/** What `once` answers: the stored outcome. */
export type OnceResult<T> = EffectOutcome<T> & {
  /** The attempt that it came from. */
  readonly attempt: number;
  /** True when this call did not do the work, because the outcome was there. */
  readonly replayed: boolean;
};

/** What the work is given. */
export interface Attempt {
  readonly attempt: number;
  readonly idempotencyKey: string;
}

/** An effect that was begun and of which nobody knows what became. */
export type UnknownEffect = Extract<Effect, { readonly status: "unknown" }>;

/** What is to be done about an unknown one: fail, do the work once more (it may then have happened twice), or record what came of it. */
export type UnknownAnswer<T> = "throw" | "again" | { readonly done: T };

/** Options of {@link EffectStore.once}. */
export interface OnceOptions<T> {
  /** The lease under which the effect begins: no attempt begins without it once it is given. The outcome is recorded without it. */
  readonly lease?: Lease | undefined;
  /** What to do about an attempt that is unknown; `"throw"` when not given. */
  readonly onUnknown?:
    | "throw"
    | ((effect: UnknownEffect) => UnknownAnswer<T> | Promise<UnknownAnswer<T>>)
    | undefined;
  /** The `seen` of an effect that was in flight `ms` milliseconds ago: if nothing has moved since, it is unknown. */
  readonly seen?: number | undefined;
  /** How long this attempt may be silent before others take it for dead, in milliseconds; a minute when not given. It beats three times as often while the work goes on. */
  readonly ms?: number | undefined;
  /** True for an error that says that the effect surely did not happen; anything else, a promise or an error of its own too, does not. An error with the code `NOT_DONE` always says so. */
  readonly isNotDone?: ((error: unknown) => boolean) | undefined;
}

/** What a person says about an attempt. */
export interface Resolution {
  /** The attempt that they were shown. */
  readonly attempt: number;
  /** It was done, with this value; or it is to be attempted again. */
  readonly outcome: { readonly done: unknown } | "again";
  /** The `seen` that they were shown, for an attempt that was in flight then. */
  readonly seen?: number | undefined;
  readonly operationId?: string | undefined;
}

/** What came of a resolution. */
export interface ResolveResult {
  /** False when the attempt was not waiting for it any more: then `effect` is what stands. */
  readonly counted: boolean;
  readonly effect: Effect;
}

/** Side effects of the threads of a scope, each done at most once unless somebody says `again`. They are kept as long as the thread. */
export interface EffectStore {
  /**
   * Does `work` if nobody has begun it, and answers its outcome as it is stored: the same to everyone who asks again. Between the first record and the second nobody
   * can tell whether the effect has happened; one that finds it so gets `EffectInFlightError` (`IN_FLIGHT`, retryable) or, when the attempt is over, what `onUnknown` says, else
   * `EffectUnknownError` (`OUTCOME_UNKNOWN`). `LEASE_LOST` when the lease is not the holder's any more and no outcome is recorded: then the work was not begun.
   */
  once<T>(
    threadId: string,
    key: string,
    work: (attempt: Attempt) => T | Promise<T>,
    options?: OnceOptions<T>,
  ): Promise<OnceResult<T>>;
  /** The effect as it stands; `undefined` where nobody has begun it. With `seen`, as {@link OnceOptions.seen}. */
  get(
    threadId: string,
    key: string,
    options?: { readonly seen?: number | undefined },
  ): Promise<Effect | undefined>;
  /** The effects of the thread that have no outcome: in flight, unknown, or to be attempted again. In the order of their keys. Reads all effects of the thread. */
  unrecorded(threadId: string): Promise<readonly Effect[]>;
  /**
   * A person's word on an unknown attempt counts once: `done` records the value, `again` lets the next `once` do the work anew. An attempt that has an outcome, or another
   * one since, is left as it is (`counted: false`); one that is in flight is refused with `IN_FLIGHT`.
   */
  resolve(threadId: string, key: string, resolution: Resolution): Promise<ResolveResult>;
}
