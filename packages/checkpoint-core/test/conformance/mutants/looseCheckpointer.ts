import { deserialize, serialize } from "node:v8";
import { randomUUID } from "node:crypto";
import type { PlainCheckpointer } from "../../../src/conformance/index.ts";

/** A checkpoint as the loose checkpointer holds it. */
export interface Row {
  readonly thread: string;
  readonly id: string;
  readonly at: number;
  readonly version: number;
  kept: unknown;
}

/** What processes share. */
export interface Shelf {
  rows: Row[];
  readonly operations: Map<string, string>;
}

/** What a checkpointer decides. */
export interface CheckpointRules {
  thread(name: string): string;
  newId(state: unknown): string;
  /** Whether a row is the one of this thread and id. */
  is(row: Row, thread: string, id: string): boolean;
  /** Rows of a thread, given oldest first: newest first. */
  order(rows: readonly Row[]): readonly Row[];
  latest(rows: readonly Row[]): Row | undefined;
  keep(state: unknown): unknown;
  give(kept: unknown): unknown;
  none: null | undefined;
  bounded(rows: readonly Row[], limit: number | undefined): readonly Row[];
  createdAt(row: Row): Date;
  operation(thread: string, operationId: string): string | undefined;
  replayed(row: Row, state: unknown, shelf: Shelf): void;
  /** The rows that deleting a thread takes. */
  ofThread(row: Row, thread: string): boolean;
  deletedNothing(): void;
  gap(): Promise<void> | undefined;
  store(shelf: Shelf, before: readonly Row[], row: Row): void;
}

const right: CheckpointRules = {
  thread: (name) => name,
  newId: () => randomUUID(),
  is: (row, thread, id) => row.thread === thread && row.id === id,
  order: (rows) => rows.toReversed(),
  latest: (rows) => rows.at(-1),
  keep: (state) => serialize(refuseUnkeepable(state)),
  give: (kept) => deserialize(kept as Buffer) as unknown,
  none: null,
  bounded: (rows, limit) => rows.slice(0, limit),
  createdAt: ({ at }) => new Date(at),
  operation: (thread, operationId) => JSON.stringify([thread, operationId]),
  replayed: () => undefined,
  ofThread: (row, thread) => row.thread === thread,
  deletedNothing: () => undefined,
  gap: () => undefined,
  store: (shelf, _before, row) => {
    shelf.rows.push(row);
  },
};

/** A checkpointer in memory whose every decision can be replaced. Those made on one shelf share what is stored. */
export function looseCheckpointer(
  changed: Partial<CheckpointRules> = {},
  shelf: Shelf = { rows: [], operations: new Map() },
): PlainCheckpointer {
  const rules = { ...right, ...changed };
  const rowsOf = (thread: string): Row[] => shelf.rows.filter((row) => row.thread === thread);
  return {
    async put(name, state, { operationId } = {}) {
      const thread = rules.thread(name);
      const kept = rules.keep(state);
      const operation =
        operationId === undefined ? undefined : rules.operation(thread, operationId);
      const first = operation === undefined ? undefined : shelf.operations.get(operation);
      const before = shelf.rows.find((row) => row.id === first);
      if (first !== undefined && before) {
        rules.replayed(before, kept, shelf);
        return first;
      }
      const { version } = state as { readonly version: number };
      const row = { thread, id: rules.newId(state), at: new Date().getTime(), version, kept };
      const seen = [...shelf.rows];
      const wait = rules.gap();
      if (wait) await wait;
      if (operation !== undefined) shelf.operations.set(operation, row.id);
      rules.store(shelf, seen, row);
      return row.id;
    },
    async get(name, id) {
      const thread = rules.thread(name);
      const row =
        id === undefined
          ? rules.latest(rowsOf(thread))
          : shelf.rows.find((one) => rules.is(one, thread, id));
      return row ? rules.give(row.kept) : rules.none;
    },
    async list(name, { limit } = {}) {
      const rows = rules.bounded(rules.order(rowsOf(rules.thread(name))), limit);
      return rows.map((row) => ({
        id: row.id,
        threadId: name,
        createdAt: rules.createdAt(row),
        agentSnapshotVersion: row.version,
        sizeBytes: 0,
      }));
    },
    async delete(name, id) {
      const thread = rules.thread(name);
      const left = shelf.rows.filter((row) =>
        id === undefined ? !rules.ofThread(row, thread) : !rules.is(row, thread, id),
      );
      if (left.length === shelf.rows.length) rules.deletedNothing();
      shelf.rows = left;
    },
  };
}

/** `v8.serialize` keeps more than JSON, and silently changes class instances and some objects: those are refused here. */
function refuseUnkeepable(value: unknown, inside: readonly object[] = []): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (inside.includes(value)) throw new TypeError("A cycle cannot be kept.");
  const prototype = Object.getPrototypeOf(value) as object | null;
  const plain = [Object.prototype, Array.prototype, Map.prototype, Set.prototype, Date.prototype];
  if (
    !(
      value instanceof Uint8Array ||
      value instanceof RegExp ||
      plain.some((one) => one === prototype)
    )
  )
    throw new TypeError("An instance of a class cannot be kept.");
  for (const item of Object.values(value)) refuseUnkeepable(item, [...inside, value]);
  return value;
}
