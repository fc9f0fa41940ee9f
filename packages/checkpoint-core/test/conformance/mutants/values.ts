import { ConflictError, StorageError } from "../../../src/errors.ts";
import type { BackendSubject } from "../../../src/conformance/index.ts";
import { brokenBackend, type Mutant, turn, wrappedBackend } from "./mutant.ts";

/** Backends that break law 7 (failures and values), law 8 (setup) or law 9 (sizes). */
export const valueMutants: readonly Mutant<BackendSubject>[] = [
  brokenBackend(
    "failure-answered-empty",
    "answers with nothing when it cannot reach what it should read",
    "law-7.closed",
    () => ({ closed: (verb) => (verb === "scan" ? { records: [] } : []) }),
  ),
  brokenBackend("closed-untyped", "lets the driver's own error out", "law-7.closed", () => ({
    closed(verb) {
      throw new TypeError(`The database connection is not open (${verb})`);
    },
  })),
  wrappedBackend(
    "calls-outlive-it",
    "ends its disposal while calls are under way, which hear of it later",
    "law-7.closed-under-way",
    (right) => ({
      async write(name, batch) {
        for (let turns = 0; turns < 3; turns += 1) await turn();
        return right.write(name, batch);
      },
    }),
  ),
  wrappedBackend(
    "disposal-forgets",
    "acknowledges what it will write in a moment, and is disposed of before (a queue of writes, deferred puts)",
    "law-7.closed-under-way",
    (right) => {
      let revision = 0;
      return {
        async write(name, batch) {
          const later = turn().then(() => right.write(name, batch));
          later.catch(() => undefined);
          return { revision: (revision += 1) };
        },
      };
    },
  ),
  wrappedBackend(
    "closes-twice-badly",
    "fails when it is disposed of a second time",
    "law-7.dispose-twice",
    (right) => {
      let closed = false;
      return {
        async [Symbol.asyncDispose]() {
          if (closed) throw new StorageError("CLOSED", "Already closed.");
          closed = true;
          await right[Symbol.asyncDispose]();
        },
      };
    },
  ),
  wrappedBackend(
    "conflict-untyped",
    "throws a conflict as a plain error",
    "law-7.typed-refusals",
    (right) => ({
      async write(name, batch) {
        try {
          return await right.write(name, batch);
        } catch (error) {
          if (error instanceof ConflictError)
            throw new Error("could not serialize access", { cause: error });
          throw error;
        }
      },
    }),
  ),
  brokenBackend(
    "bytes-as-text",
    "keeps values as UTF-8 text (peers: NUL and lone surrogates refused, bytes changed)",
    "law-7.values",
    () => ({ take: (value) => new TextEncoder().encode(new TextDecoder().decode(value)) }),
  ),
  brokenBackend(
    "bytes-as-json",
    "keeps values as JSON, where bytes become an object of numbers",
    "law-7.values",
    () => ({
      take: (value) => new TextEncoder().encode(JSON.stringify(value)),
    }),
  ),
  brokenBackend("empty-is-absent", "takes an empty value for none", "law-7.values", () => ({
    hidden: (record) => record.value.length === 0,
  })),
  brokenBackend(
    "values-are-cut",
    "cuts values at 65,535 bytes while its limits say more",
    "law-7.large-value",
    () => ({ take: (value) => Uint8Array.from(value.subarray(0, 65_535)) }),
  ),
  brokenBackend(
    "whole-buffer",
    "keeps the buffer behind a value, not the value's view of it",
    "law-7.views",
    () => ({ take: (value) => Uint8Array.from(new Uint8Array(value.buffer)) }),
  ),
  brokenBackend(
    "keeps-the-callers-buffer",
    "keeps the caller's own bytes",
    "law-7.the-callers-buffer",
    () => ({ take: (value) => value }),
  ),
  brokenBackend(
    "gives-its-own-buffer",
    "gives its own bytes out",
    "law-7.the-readers-buffer",
    () => ({ give: (value) => value }),
  ),
  brokenBackend(
    "setup-not-shared",
    "looks whether the schema is there, then makes it: one of two that start at once fails (peers: 7 of 8)",
    "law-8.cold-starts",
    () => ({
      async setup(_mode, states) {
        if (states.has("schema")) return;
        await turn();
        if (states.has("schema")) throw new StorageError("BACKEND", "relation already exists");
        states.set("schema", { revision: 1, dropped: false, records: new Map() });
      },
    }),
  ),
  brokenBackend(
    "setup-empties",
    "makes the schema anew at each setup",
    "law-8.setup-again",
    () => ({
      setup(_mode, states) {
        states.clear();
        return Promise.resolve();
      },
    }),
  ),
  brokenBackend(
    "verify-makes",
    "makes the schema when it should only look",
    "law-8.verify-only-looks",
    () => ({
      setup(mode, states) {
        const ready = states.has("schema");
        states.set("schema", { revision: 1, dropped: false, records: new Map() });
        if (mode === "verify" && !ready)
          return Promise.reject(new StorageError("BACKEND", "There is no schema."));
        return Promise.resolve();
      },
    }),
  ),
  wrappedBackend(
    "batch-in-chunks",
    "takes 100 entries of a batch at a time",
    "law-9.largest-write",
    (right) => ({
      async write(name, { writes, ...batch }) {
        let last = { revision: 0 };
        for (let index = 0; index < writes.length; index += 100)
          last = await right.write(name, { ...batch, writes: writes.slice(index, index + 100) });
        return last;
      },
    }),
  ),
  wrappedBackend(
    "too-many-checks",
    "fails on more than 100 conditions while its limits say more",
    "law-9.largest-check",
    (right) => ({
      write(name, batch) {
        const checks = batch.writes.filter(({ op }) => op === "check").length;
        return checks > 100
          ? Promise.reject(new StorageError("BACKEND", "too many results to unpack"))
          : right.write(name, batch);
      },
    }),
  ),
  wrappedBackend(
    "forgets-odd-combination",
    "gets one combination wrong that no case names: a delete behind an append in a reviving write",
    "model.random-verbs",
    (right) => ({
      write(name, batch) {
        const [first, second] = batch.writes;
        return batch.revive && first?.op === "append" && second?.op === "delete"
          ? right.write(name, { ...batch, writes: batch.writes.slice(0, 1) })
          : right.write(name, batch);
      },
    }),
  ),
];
