import { randomBytes } from "../chance.ts";
import type { Backend } from "../backend/contract.ts";
import { partitionName } from "../backend/keys.ts";
import { tellingOfDeletion } from "./deleted.ts";
import { type Known, nothingKnown } from "./known.ts";
import { lately } from "./lately.ts";
import { openPartition, type Partition } from "./partition.ts";
import type { Sealing } from "./sealing/seal.ts";

/** Whose data a store may touch. Set by code, never by a payload; nothing crosses it. */
export interface Scope {
  /** Part of every partition's name: another tenant's thread is not found. */
  readonly tenant?: string;
  /** The owner of the threads; within a tenant another user's thread is `FORBIDDEN`. */
  readonly user?: string;
}

/** What every store works with: one backend, one scope, one clock. */
export interface StoreContext {
  readonly backend: Backend;
  readonly scope: Scope;
  /** Milliseconds since 1970. Taken once a call; orders nothing. */
  readonly now: () => number;
  /** How long an operation record is kept, in milliseconds: at least 7 days. */
  readonly operationTtlMs: number;
  /** The newest checkpoints of a thread that are shown; all of them when not given. */
  readonly keepLast?: number | undefined;
  /** Resolves once the backend is set up; each verb awaits it first. */
  readonly ready: () => Promise<void>;
  /** A partition of the scope's tenant. */
  readonly partition: (kind: string, parts: readonly (string | undefined)[]) => Partition;
  /** A partition of the whole store, whatever the tenant. */
  readonly shared: (kind: string, parts: readonly string[]) => Partition;
  /** A thread as verbs use it: what they leave to be done is noted by the way. */
  readonly thread: (threadId: string) => Partition;
  /** The same without anybody looking: for what does that work. */
  readonly unwatched: (threadId: string) => Partition;
  readonly index: (kind: string, shard: number) => Partition;
  /** The partition of a name: one of the scope's tenant, or, for no tenant, a shared one. */
  readonly named: (name: string) => Partition;
  /** What this process knows of the directory: one for the stores of all scopes. */
  readonly known: Known;
}

/** Doors to threads that are kept open: making one costs more than passing it. */
const MAX_DOORS = 512;

/** Index partitions of one kind, by hash of the id that they list. */
export const INDEX_SHARDS = 16;

/** Notes that a partition has values in pieces, before it has. */
export type NotePieces = (context: StoreContext, partition: string, now: number) => Promise<void>;

/** How the values of a store pass the doors of its partitions: as they are, and none in pieces, when not given. */
export interface Doors {
  readonly sealing: Sealing;
  /** Without it no value stands in pieces. */
  readonly notePieces?: NotePieces;
}

/** A context for one scope over a backend. */
export function storeContext(
  base: Pick<StoreContext, "backend" | "now" | "operationTtlMs" | "keepLast" | "ready"> &
    Partial<Pick<StoreContext, "known">> & {
      readonly doors?: Doors;
      /** Makes the door to a thread; a plain one when not given. */
      readonly watch?: (context: StoreContext, threadId: string) => Partition;
    },
  scope: Scope,
): StoreContext {
  const { backend, known = nothingKnown(), watch } = base;
  const open = (tenant: string | undefined, name: string): Partition =>
    openPartition(backend, name, doorOf(base, tenant, name));
  const partition: StoreContext["partition"] = (kind, parts) =>
    open(scope.tenant, partitionName(kind, [scope.tenant, ...parts]));
  const unwatched = lately(MAX_DOORS, (threadId) =>
    tellingOfDeletion(partition("t", [threadId]), threadId),
  );
  const context: StoreContext = {
    ...base,
    known,
    scope,
    partition,
    shared: (kind, parts) => open(undefined, partitionName(kind, parts)),
    thread: watch ? lately(MAX_DOORS, (threadId) => watch(context, threadId)) : unwatched,
    unwatched,
    index: (kind, shard) => partition(kind, [String(shard)]),
    named: (name) => open(scope.tenant, name),
  };
  return context;
}

function doorOf(
  base: Parameters<typeof storeContext>[0],
  tenant: string | undefined,
  name: string,
): Parameters<typeof openPartition>[2] {
  if (!base.doors) return {};
  const { sealing, notePieces } = base.doors;
  const seal = sealing(tenant, name);
  if (!notePieces) return { seal };
  // A note must not need one itself: what it is written through splits nothing.
  const noting = (): StoreContext =>
    storeContext({ ...base, doors: { sealing } }, tenant === undefined ? {} : { tenant });
  return { seal, note: (now) => notePieces(noting(), name, now) };
}

/** Random characters that make an id unique; they order nothing. */
export function nonce(bytes = 6): string {
  return randomBytes(bytes).toString("base64url");
}
