import { StorageError } from "@perdure/checkpoint-core";
import { type Place, placeOf, type RedisLocation } from "./location.ts";
import { durabilities, type RedisDurability, type RedisServerReport } from "./server.ts";

/** Options of `redisBackend`. */
export type RedisBackendOptions = RedisLocation & {
  /** What the names of all keys and channels begin with: `perdure:` when not given. Printable ASCII without braces, at most 100 characters. It comes after the client's own `keyPrefix`. */
  readonly keyPrefix?: string | undefined;
  /** Milliseconds until a command without an answer makes its call `UNAVAILABLE`: 10,000 when not given. A write that was not sent until then is not sent any more. */
  readonly timeoutMs?: number | undefined;
  /** What `setup` asks of the server at least; without it every server is taken, and `report` says what it keeps. */
  readonly durability?: Exclude<RedisDurability, "none"> | undefined;
  /** After each write WAIT for so many replicas, at most so long. A write that fewer have acknowledged is `UNAVAILABLE`: the primary has it. */
  readonly wait?: { readonly replicas: number; readonly timeoutMs: number } | undefined;
  /** Called by each `setup` with what it saw, one report for each primary. */
  readonly report?: ((servers: readonly RedisServerReport[]) => void) | undefined;
};

/** The names of the options of `redisBackend`; every other one is the store's. */
export const backendOptions: ReadonlySet<string> = new Set([
  "client",
  "url",
  "nodes",
  "keyPrefix",
  "timeoutMs",
  "durability",
  "wait",
  "report",
]);

/** Options that were checked, with what counts when they are not given. */
export interface Settings {
  readonly place: Place;
  readonly keyPrefix: string;
  /** The client's own `keyPrefix`, and ours. */
  readonly channelPrefix: string;
  readonly timeoutMs: number;
  readonly durability: RedisDurability | undefined;
  readonly wait: { readonly replicas: number; readonly timeoutMs: number } | undefined;
  readonly report: ((servers: readonly RedisServerReport[]) => void) | undefined;
}

const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** What the options say. Throws `INVALID_ARGUMENT` for what cannot be, or what nobody knows. */
export function checked(options: RedisBackendOptions): Settings {
  const unknown = Object.keys(options).find((name) => !backendOptions.has(name));
  if (unknown !== undefined) throw invalid(`The Redis backend has no option \`${unknown}\`.`);
  const { timeoutMs = 10_000, durability, wait, report } = options;
  const { place, keyPrefix: named } = placeOf(options);
  const keyPrefix = prefixOf(options.keyPrefix, named);
  if (!isMilliseconds(timeoutMs))
    throw invalid("`timeoutMs` is a whole number of milliseconds, 1 or more.");
  const channelPrefix = ("client" in place ? ownPrefix(place.client.options) : "") + keyPrefix;
  checkPromises(options, timeoutMs);
  return { place, keyPrefix, channelPrefix, timeoutMs, durability, wait, report };
}

function prefixOf(given: unknown, named: string | undefined): string {
  if (named !== undefined && given !== undefined)
    throw invalid("`keyPrefix` is given twice: by name and in the URL.");
  const keyPrefix = given ?? named ?? "perdure:";
  if (typeof keyPrefix === "string" && /^[!-z|~]{0,100}$/.test(keyPrefix)) return keyPrefix;
  throw invalid(
    "`keyPrefix` is printable ASCII without spaces and braces (which would say the slot in a Cluster), at most 100 characters.",
  );
}

function checkPromises({ durability, wait, report }: RedisBackendOptions, timeoutMs: number): void {
  const named = durabilities.slice(1);
  if (durability !== undefined && !named.includes(durability))
    throw invalid(`\`durability\` is ${named.join(" or ")}.`);
  if (wait !== undefined && !(isCount(wait.replicas) && isMilliseconds(wait.timeoutMs)))
    throw invalid("`wait` is { replicas, timeoutMs }: whole numbers, 1 or more.");
  if (wait !== undefined && wait.timeoutMs >= timeoutMs)
    throw invalid("`wait.timeoutMs` must be less than `timeoutMs`.");
  if (report !== undefined && typeof report !== "function")
    throw invalid("`report` is a function.");
}

/** The client's own key prefix. Throws `INVALID_ARGUMENT` for one that tears the keys of a partition apart, and for a client that may read from a replica. */
function ownPrefix(options: object): string {
  const { scaleReads, role, readOnly, keyPrefix } = options as Readonly<Record<string, unknown>>;
  if (scaleReads !== undefined && scaleReads !== "master")
    throw invalid(
      'The client reads from replicas, which lag behind: its `scaleReads` must be "master".',
    );
  if (role === "slave" || readOnly === true)
    throw invalid("The client is made for a replica: a store reads and writes on the primary.");
  if (typeof keyPrefix === "string" && /^[^{]*\{\}/.test(keyPrefix))
    throw invalid(
      "The client's own `keyPrefix` has empty braces first, which puts the keys of a partition into different slots.",
    );
  return typeof keyPrefix === "string" ? keyPrefix : "";
}

function isMilliseconds(value: unknown): boolean {
  return isCount(value) && Number(value) <= MAX_TIMEOUT_MS;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
