import type {
  HeldRecord,
  Backend,
  Expectation,
  Page,
  ScanRange,
  StoredRecord,
  Write,
  WriteBatch,
} from "../../../src/backend/contract.ts";
import { keyAt } from "../../../src/backend/keys.ts";
import { ConflictError, DeletedError, StorageError } from "../../../src/errors.ts";

/** A partition as the pliable backend holds it. */
export interface State {
  revision: number;
  dropped: boolean;
  records: Map<string, StoredRecord>;
}

type Keyed = Exclude<Write, { op: "append" }>;

/** Everything that a backend decides, each decision a function that a mutant can replace. */
export interface Rules {
  /** Under which name a partition is kept. */
  place(name: string): string;
  /** Under which key of its partition a record is kept. */
  keyed(key: string): string;
  /** The bytes that are kept of a value, and those that are given out. */
  take(value: Uint8Array): Uint8Array;
  give(value: Uint8Array): Uint8Array;
  /** Whether a read or a scan leaves the record out. */
  hidden(record: StoredRecord, now: number): boolean;
  /** Whether an expectation takes the record for absent. */
  lapsed(record: StoredRecord, now: number): boolean;
  holds(record: StoredRecord | undefined, write: Keyed, state: State): boolean;
  /** The expectation that a conflict names, of those that failed, in list order. */
  blamed(failing: readonly Keyed[]): Keyed | undefined;
  onConflict(state: State, batch: WriteBatch, apply: (writes: readonly Write[]) => void): void;
  /** Whether a write of this kind moves the revision, and where to. */
  next(state: State, writes: readonly Write[], states: ReadonlyMap<string, State>): number;
  appendKey(prefix: string, revision: number, index: number, batch: WriteBatch): string;
  /** The record that a put or an append leaves, from the one that it replaces. */
  made(record: StoredRecord, before: StoredRecord | undefined): StoredRecord;
  refuses(state: State, batch: WriteBatch): boolean;
  revived(state: State): void;
  order(left: string, right: string): number;
  within(key: string, range: ScanRange): boolean;
  /** The page of the records that a range holds, in its direction. */
  cut(records: readonly StoredRecord[], range: ScanRange): Page;
  /** The answer of a read, from its keys and what was found. */
  answer(found: readonly (StoredRecord | undefined)[]): readonly (StoredRecord | undefined)[];
  /** Whether a drop that is held to a record may happen. */
  mayDrop(record: StoredRecord | undefined, held: HeldRecord): boolean;
  drop(state: State | undefined, states: Map<string, State>, name: string): void;
  setup(mode: "create" | "verify", states: Map<string, State>): Promise<void>;
  /** Awaited between the expectations and the changes of a write; `undefined` waits for nothing. */
  gap(batch: WriteBatch): Promise<void> | undefined;
  /** Awaited between one record and the next of a read, or of a scan. */
  tear(verb: "read" | "scan"): Promise<void> | undefined;
  closed(verb: string): unknown;
}

/** The rules of the contract. */
export const contract: Rules = {
  place: (name) => name,
  keyed: (key) => key,
  take: (value) => Uint8Array.from(value),
  give: (value) => Uint8Array.from(value),
  hidden: (record, now) => record.expiresAt !== undefined && record.expiresAt <= now,
  lapsed: (record, now) => record.expiresAt !== undefined && record.expiresAt <= now,
  holds: (record, { expect }) => met(record, expect),
  blamed: (failing) => failing[0],
  onConflict: () => undefined,
  next: (state, writes) => state.revision + (writes.every(({ op }) => op === "check") ? 0 : 1),
  appendKey: keyAt,
  made: (record) => record,
  refuses: (state, { revive }) => state.dropped && !revive,
  revived: (state) => {
    state.dropped = false;
  },
  order: (left, right) => (left < right ? -1 : Number(left > right)),
  within: (key, { from, to }) => key >= from && key < to,
  cut(records, { limit, reverse }) {
    const page = records.slice(0, limit);
    if (page.length === records.length) return { records: page };
    const next = reverse ? page.at(-1)?.key : records[limit]?.key;
    return next === undefined ? { records: page } : { records: page, next };
  },
  answer: (found) => found,
  mayDrop: (record, { revision }) => record?.revision === revision,
  drop(state) {
    if (!state) return;
    state.dropped = true;
    state.records.clear();
  },
  setup: () => Promise.resolve(),
  gap: () => undefined,
  tear: () => undefined,
  closed(verb) {
    throw new StorageError("CLOSED", `A ${verb} after the disposal.`);
  },
};

/** Whether a record is what an expectation says. */
export function met(record: StoredRecord | undefined, expect: Expectation): boolean {
  if (expect === "any") return true;
  if (expect === "absent") return record === undefined;
  return expect === "present" ? record !== undefined : record?.revision === expect;
}

/** A memory backend whose every decision can be replaced. Handles opened on the same `states` share what is stored. */
export function pliable(
  changed: Partial<Rules> = {},
  states: Map<string, State> = new Map<string, State>(),
): Backend {
  const rules = { ...contract, ...changed };
  let closed = false;
  const given = (record: StoredRecord): StoredRecord => ({
    ...record,
    value: rules.give(record.value),
  });
  return {
    name: "pliable",
    limits: {
      maxValueBytes: 4_000_000,
      maxKeyBytes: 1024,
      maxWrites: 500,
      maxWriteBytes: 16_000_000,
      maxReadKeys: 500,
    },
    async setup(mode) {
      if (closed) rules.closed("setup");
      else await rules.setup(mode, states);
    },
    async read(name, keys, now) {
      if (closed) return rules.closed("read") as StoredRecord[];
      const found: (StoredRecord | undefined)[] = [];
      for (const key of keys) {
        const record = states.get(rules.place(name))?.records.get(rules.keyed(key));
        found.push(record && !rules.hidden(record, now) ? given(record) : undefined);
        const wait = rules.tear("read");
        if (wait) await wait;
      }
      return rules.answer(found);
    },
    async scan(name, range, now) {
      if (closed) return rules.closed("scan") as Page;
      const records: StoredRecord[] = [];
      const all = [...(states.get(rules.place(name))?.records.keys() ?? [])];
      const keys = all.filter((key) => rules.within(key, range)).toSorted(rules.order);
      for (const key of range.reverse ? keys.toReversed() : keys) {
        const record = states.get(rules.place(name))?.records.get(key);
        if (record && !rules.hidden(record, now)) records.push(given(record));
        const wait = rules.tear("scan");
        if (wait) await wait;
      }
      return rules.cut(records, range);
    },
    async write(name, batch) {
      if (closed) return rules.closed("write") as { revision: number };
      return write(rules, states, rules.place(name), batch);
    },
    async drop(name, now, held) {
      if (closed) {
        rules.closed("drop");
        return;
      }
      const state = states.get(rules.place(name));
      const record = held && state?.records.get(rules.keyed(held.key));
      const live = record && rules.lapsed(record, now) ? undefined : record;
      if (held && state && !state.dropped && !rules.mayDrop(live, held))
        throw new ConflictError(`Key ${held.key} is not ${held.revision}.`, { key: held.key });
      rules.drop(state, states, rules.place(name));
    },
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
}

async function write(
  rules: Rules,
  states: Map<string, State>,
  place: string,
  batch: WriteBatch,
): Promise<{ revision: number }> {
  const state = states.get(place) ?? { revision: 0, dropped: false, records: new Map() };
  if (rules.refuses(state, batch)) throw new DeletedError("The partition was dropped.");
  const { writes, now } = batch;
  const failing = writes.filter((one): one is Keyed => {
    if (one.op === "append") return false;
    const record = state.records.get(rules.keyed(one.key));
    return !rules.holds(record && rules.lapsed(record, now) ? undefined : record, one, state);
  });
  const blamed = rules.blamed(failing);
  if (blamed) {
    rules.onConflict(state, batch, (some) => apply(rules, state, state.revision + 1, batch, some));
    throw new ConflictError(`Key ${blamed.key} is not ${blamed.expect}.`, { key: blamed.key });
  }
  const revision = rules.next(state, writes, states);
  const wait = rules.gap(batch);
  if (wait) await wait;
  if (revision === state.revision) return { revision };
  rules.revived(state);
  state.revision = revision;
  states.set(place, state);
  apply(rules, state, revision, batch, writes);
  return { revision };
}

function apply(
  rules: Rules,
  state: State,
  revision: number,
  batch: WriteBatch,
  writes: readonly Write[],
): void {
  writes.forEach((one, index) => {
    if (one.op === "check") return;
    if (one.op === "delete") {
      state.records.delete(rules.keyed(one.key));
      return;
    }
    const plain = one.op === "put" ? one.key : rules.appendKey(one.prefix, revision, index, batch);
    const key = rules.keyed(plain);
    const record = { key, value: rules.take(one.value), revision };
    const { expiresAt } = one;
    const made = expiresAt === undefined ? record : { ...record, expiresAt };
    state.records.set(key, rules.made(made, state.records.get(key)));
  });
}
