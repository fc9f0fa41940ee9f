import { checkGiven, type Scope, type Store, StorageError } from "@perdure/checkpoint-core";
import type { IncomingEvent } from "../inngest/contract.ts";

/** Where large outputs go, and how large they are. */
export interface ClaimCheckOptions {
  readonly store: Store;
  /** Whose data an event is about, as `createInngestAgent` has it. Without it the store's own scope: a payload never decides it. */
  readonly scope?: (event: IncomingEvent) => Scope;
  /** The thread that a run's outputs belong to, and with which they are deleted. Without one they belong to the scope. */
  readonly thread?: (event: IncomingEvent) => string | undefined;
  /** Up to here an output stays in the run, in bytes of its text; 32 KiB when not given. */
  readonly inlineBytes?: number;
  /** How long a run's outputs are kept after its last large one, in milliseconds; 30 days when not given. Longer than its longest sleep. */
  readonly ttlMs?: number;
  /** What this process keeps of them, in characters of their text; 64 Mi when not given. */
  readonly cacheUnits?: number;
}

/** The options with nothing left open. Throws `INVALID_ARGUMENT` for what is missing, of another type, or unknown. */
export function claimOptionsOf(options: ClaimCheckOptions): Required<
  Pick<ClaimCheckOptions, "store" | "inlineBytes" | "ttlMs" | "cacheUnits">
> & {
  readonly scope: ClaimCheckOptions["scope"] | undefined;
  readonly thread: ClaimCheckOptions["thread"] | undefined;
} {
  checkNames(options);
  const { store, scope, thread } = options;
  const {
    inlineBytes = 32 * 1024,
    ttlMs = 30 * 24 * 60 * 60 * 1000,
    cacheUnits = 64 * 1024 * 1024,
  } = options;
  checkWhole("inlineBytes", inlineBytes, 0);
  checkWhole("ttlMs", ttlMs, 1);
  checkWhole("cacheUnits", cacheUnits, 0);
  return { store, scope, thread, inlineBytes, ttlMs, cacheUnits };
}

function checkNames(options: ClaimCheckOptions): void {
  checkGiven("claimCheck", options, { store: "store" });
  const unknown = Object.keys(options).find((key) => !OPTIONS.has(key));
  if (unknown !== undefined) refuse(`claimCheck has no option "${unknown}".`);
  const { scope, thread } = options;
  for (const [what, value] of Object.entries({ scope, thread }) as [string, unknown][])
    if (value !== undefined && typeof value !== "function") refuse(`${what} must be a function.`);
}

function checkWhole(what: string, value: unknown, least: number): void {
  if (!Number.isSafeInteger(value) || Number(value) < least)
    refuse(`${what} must be a whole number of at least ${least}.`);
}

const OPTIONS: ReadonlySet<string> = new Set<keyof ClaimCheckOptions>([
  "store",
  "scope",
  "thread",
  "inlineBytes",
  "ttlMs",
  "cacheUnits",
]);

function refuse(message: string): never {
  throw new StorageError("INVALID_ARGUMENT", message);
}
