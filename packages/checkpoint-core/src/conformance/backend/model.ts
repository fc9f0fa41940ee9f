import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Backend, Expectation, Write } from "../../backend/contract.ts";
import { partitionName, prefixRange } from "../../backend/keys.ts";
import { memoryBackend } from "../../backend/memory.ts";
import { isStorageError } from "../../errors.ts";
import type { Case } from "../case.ts";
import { bytes, probe, seen } from "./probe.ts";
import { backendCase, type BackendSubject } from "./subject.ts";

/** How long the model-based case searches, and from where. */
export interface ModelOptions {
  /** Sequences of verbs that are tried. */
  readonly runs?: number;
  /** Where the search starts; a failure prints its own, to be given here. */
  readonly seed?: number;
}

/**
 * All laws at once: any sequence of verbs gets the answers and leaves the records that the memory backend would. A failure is shrunk to a short sequence, and is
 * printed with its seed.
 */
export function modelCase({ runs = 60, seed }: ModelOptions): Case<BackendSubject> {
  return backendCase(
    "model.random-verbs",
    "random verbs get the answers that the reference backend gives",
    async ({ backend }) => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(verb, { maxLength: 24 }), async (verbs) => {
          run += 1;
          await agree(backend, partitionName("t", ["model", String(run)]), verbs);
        }),
        seed === undefined ? { numRuns: runs } : { numRuns: runs, seed },
      );
    },
  );
}

/** One call, of which revisions are still unknown: `own` stands for the record's revision at that time, `stale` for the one before. */
type Verb =
  | {
      readonly verb: "write";
      readonly entries: readonly Entry[];
      readonly now: number;
      readonly revive: boolean;
    }
  | { readonly verb: "read"; readonly now: number }
  | {
      readonly verb: "scan";
      readonly from: string;
      readonly to: string;
      readonly limit: number;
      readonly reverse: boolean;
      readonly now: number;
    }
  | { readonly verb: "drop" };

interface Entry {
  readonly op: Write["op"];
  readonly key: string;
  readonly text: string;
  readonly ttl: number | undefined;
  readonly expect: "any" | "absent" | "present" | "own" | "stale";
}

const keys = ["a", "a/", "a/b", "B", "b"];
const key = fc.constantFrom(...keys);
const now = fc.integer({ min: 1000, max: 1012 });
const entry: fc.Arbitrary<Entry> = fc.record({
  op: fc.constantFrom("put", "put", "append", "delete", "check"),
  key,
  text: fc.constantFrom("", "1", "2", "\u0000\u00ff"),
  ttl: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
  expect: fc.constantFrom("any", "any", "absent", "present", "own", "stale"),
});
const verb: fc.Arbitrary<Verb> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      verb: fc.constant("write" as const),
      entries: fc.uniqueArray(entry, { selector: named, minLength: 1, maxLength: 4 }),
      now,
      revive: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant("read" as const), now }) },
  {
    weight: 3,
    arbitrary: fc.record({
      verb: fc.constant("scan" as const),
      from: key,
      to: fc.constantFrom(...keys, "~"),
      limit: fc.integer({ min: 1, max: 4 }),
      reverse: fc.boolean(),
      now,
    }),
  },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant("drop" as const) }) },
);

/** A batch names a key once; appends have keys of their own. */
function named({ op, key: name }: Entry): string {
  return op === "append" ? `${name}*` : name;
}

async function agree(backend: Backend, name: string, verbs: readonly Verb[]): Promise<void> {
  const model = memoryBackend();
  for (const one of verbs) {
    const call = await resolve(model, name, one);
    const [actual, expected] = [await answer(backend, name, call), await answer(model, name, call)];
    assert.deepEqual(actual, expected, `the answer to ${JSON.stringify(one)}`);
  }
  for (const at of [1000, 1006, 1020])
    assert.deepEqual(await probe(backend, name).all(at), await probe(model, name).all(at));
}

type Call = (backend: Backend, name: string) => Promise<unknown>;

/** The call that a verb means now: expectations of revisions are looked up in the model. */
async function resolve(model: Backend, name: string, one: Verb): Promise<Call> {
  if (one.verb === "drop") return (backend) => backend.drop(name, 1000);
  if (one.verb === "read")
    return async (backend) => {
      const records = await backend.read(name, keys, one.now);
      return records.map((record) => record && seen(record));
    };
  if (one.verb === "scan") {
    const { from, to, limit, reverse } = one;
    return (backend) => probe(backend, name).list({ from, to, limit, reverse }, one.now);
  }
  // Far in the past, nothing has expired: the revision of a record that has must not fit either.
  const records = await model.scan(name, { ...prefixRange(""), limit: 1000 }, 0);
  const revisions = new Map(records.records.map((record) => [record.key, record.revision]));
  const writes = one.entries.map((each) => toWrite(each, revisions, one.now));
  const batch = one.revive ? { writes, now: one.now, revive: true } : { writes, now: one.now };
  return (backend) => backend.write(name, batch);
}

function toWrite(each: Entry, revisions: ReadonlyMap<string, number>, at: number): Write {
  const value = bytes(each.text);
  const lifetime = each.ttl === undefined ? {} : { expiresAt: at + each.ttl };
  if (each.op === "append") return { op: "append", prefix: each.key, value, ...lifetime };
  const expect = expectation(each, revisions);
  if (each.op === "put") return { op: "put", key: each.key, value, expect, ...lifetime };
  if (each.op === "delete") return { op: "delete", key: each.key, expect };
  return { op: "check", key: each.key, expect: expect === "any" ? "absent" : expect };
}

function expectation(each: Entry, revisions: ReadonlyMap<string, number>): Expectation {
  const own = revisions.get(each.key) ?? 1;
  if (each.expect === "own") return own;
  return each.expect === "stale" ? own + 1 : each.expect;
}

async function answer(backend: Backend, name: string, call: Call): Promise<unknown> {
  try {
    return { answered: await call(backend, name) };
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return { failed: error.code, key: "key" in error ? error.key : undefined };
  }
}
