import { ConflictError } from "@perdure/checkpoint-core";
import type { BackendSubject } from "../../../src/conformance/index.ts";
import { brokenBackend, type Mutant, wrappedBackend } from "./mutant.ts";
import { contract, met } from "./pliable.ts";

/** Backends that break law 5 (expiry) or law 6 (drops). */
export const lifeMutants: readonly Mutant<BackendSubject>[] = [
  brokenBackend(
    "expired-returned",
    "returns what has expired until it is swept",
    "law-5.exact-millisecond",
    () => ({ hidden: () => false }),
  ),
  brokenBackend(
    "expires-one-late",
    "hides a record from the millisecond after its expiry on",
    "law-5.exact-millisecond",
    () => ({ hidden: ({ expiresAt }, now) => expiresAt !== undefined && expiresAt < now }),
  ),
  brokenBackend(
    "expires-by-second",
    "keeps expiry in seconds (Redis EX, DynamoDB TTL)",
    "law-5.exact-millisecond",
    () => ({
      hidden: ({ expiresAt }, now) =>
        expiresAt !== undefined && Math.floor(expiresAt / 1000) <= Math.floor(now / 1000),
    }),
  ),
  brokenBackend(
    "appends-never-expire",
    "drops the expiry of an append",
    "law-5.append-expires",
    () => ({
      made: (record) =>
        /\d{20}$/.test(record.key)
          ? { key: record.key, value: record.value, revision: record.revision }
          : record,
    }),
  ),
  brokenBackend(
    "expired-counts-as-present",
    "tests expectations against what has expired",
    "law-5.expired-is-absent",
    () => ({ lapsed: () => false }),
  ),
  brokenBackend(
    "expired-counts-by-number",
    "takes an expired record for absent, but lets a write on its revision through",
    "law-5.expired-is-absent",
    () => ({
      lapsed: () => false,
      holds: (record, { expect }) =>
        expect === "absent" && record?.expiresAt !== undefined ? true : met(record, expect),
    }),
  ),
  brokenBackend(
    "temporary-counts-as-absent",
    "takes whatever has an expiry for absent",
    "law-5.counts-until-then",
    () => ({ lapsed: ({ expiresAt }) => expiresAt !== undefined }),
  ),
  brokenBackend(
    "expiry-stays",
    "keeps the expiry of the record that a put replaces (an upsert that leaves the column out)",
    "law-5.put-replaces-expiry",
    () => ({
      made: (record, before) =>
        before?.expiresAt === undefined ? record : { ...record, expiresAt: before.expiresAt },
    }),
  ),
  wrappedBackend(
    "limit-counts-expired",
    "counts expired records into the page, and ends when a page holds none",
    "law-5.paging-skips-expired",
    (right) => ({
      async scan(name, range, now) {
        const page = await right.scan(name, range, 0);
        const records = page.records.filter((record) => !contract.hidden(record, now));
        return records.length === 0 || page.next === undefined
          ? { records }
          : { records, next: page.next };
      },
    }),
  ),
  brokenBackend(
    "own-clock",
    "hides by this machine's clock (now(), a TTL of the engine)",
    "law-5.the-callers-clock",
    () => ({ hidden: (record) => contract.hidden(record, Date.now()) }),
  ),
  brokenBackend(
    "clock-only-forward",
    "lets no clock go back: takes the latest that it saw",
    "law-5.clock-goes-back",
    () => {
      let latest = 0;
      return {
        hidden: (record, now) => contract.hidden(record, (latest = Math.max(latest, now))),
        lapsed: (record, now) => contract.hidden(record, (latest = Math.max(latest, now))),
      };
    },
  ),
  wrappedBackend(
    "born-expired-skipped",
    "leaves out a put that has expired already, and with it the write's revision",
    "law-5.born-expired",
    (right) => ({
      async write(name, batch) {
        const [first] = batch.writes;
        const dead = first?.op === "put" && (first.expiresAt ?? batch.now + 1) <= batch.now;
        if (!dead) return right.write(name, batch);
        await right.read(name, [], batch.now);
        return { revision: 0 };
      },
    }),
  ),
  wrappedBackend(
    "drop-by-pages",
    "deletes the first 1,000 records of what is dropped and hides no other",
    "law-6.many-records",
    (right) => ({
      async drop(name, now) {
        const { records } = await right.scan(name, { from: "", to: "~", limit: 5000 }, 0);
        await right.drop(name, now);
        const left = records
          .slice(1000)
          .map(({ key, value }) => ({ op: "put", key, value, expect: "any" }) as const);
        if (left.length > 0)
          await right.write(name, { writes: left.slice(0, 500), now, revive: true });
      },
    }),
  ),
  brokenBackend(
    "drop-hides-writes-only",
    "refuses writes after a drop, and still reads what was there",
    "law-6.nothing-is-left",
    () => ({
      drop: (state) => {
        if (state) state.dropped = true;
      },
    }),
  ),
  brokenBackend(
    "late-write-resurrects",
    "forgets that a partition was dropped: a late put brings it back (peers: a deleted thread returns)",
    "law-6.late-write",
    () => ({ refuses: () => false }),
  ),
  brokenBackend(
    "upsert-resurrects",
    "refuses late writes that expect something, and lets the others in",
    "law-6.late-write",
    () => ({
      refuses: (state, batch) =>
        contract.refuses(state, batch) &&
        batch.writes.every((one) => "expect" in one && one.expect !== "any"),
    }),
  ),
  wrappedBackend(
    "conflict-before-deleted",
    "tests the expectations before the tombstone",
    "law-6.deleted-before-conflict",
    (right) => ({
      async write(name, batch) {
        const checks = batch.writes.flatMap((one) =>
          "expect" in one && one.expect !== "any"
            ? [{ op: "check", key: one.key, expect: one.expect } as const]
            : [],
        );
        if (checks.length > 0)
          await right.write(name, { writes: checks, now: batch.now, revive: true });
        return right.write(name, batch);
      },
    }),
  ),
  brokenBackend(
    "late-checks-pass",
    "lets a write of checks alone pass the tombstone, since it changes nothing",
    "law-6.late-checks",
    () => ({
      refuses: (state, batch) =>
        contract.refuses(state, batch) && batch.writes.some(({ op }) => op !== "check"),
    }),
  ),
  brokenBackend(
    "revive-for-once",
    "lets a reviving write in, and leaves the tombstone",
    "law-6.revive",
    () => ({ revived: () => undefined }),
  ),
  wrappedBackend(
    "revive-empties",
    "empties the partition for each write that revives, also a living one",
    "law-6.revive-of-the-living",
    (right) => ({
      async write(name, batch) {
        if (batch.revive) await right.drop(name, batch.now);
        return right.write(name, batch);
      },
    }),
  ),
  brokenBackend(
    "revives-before-testing",
    "takes the tombstone away before it tests the expectations",
    "law-6.failed-revive",
    () => ({
      refuses(state, batch) {
        const refused = contract.refuses(state, batch);
        if (batch.revive) state.dropped = false;
        return refused;
      },
    }),
  ),
  brokenBackend(
    "revision-restarts",
    "counts from one again after a drop, so that an old expectation fits a new record",
    "law-6.revisions-never-restart",
    () => ({
      drop: (state) => {
        contract.drop(state, new Map(), "");
        if (state) state.revision = 0;
      },
    }),
  ),
  brokenBackend(
    "second-drop-forgets",
    "deletes the tombstone with the rest when it drops again",
    "law-6.drop-again",
    () => ({
      drop(state, states, name) {
        if (state?.dropped) states.delete(name);
        contract.drop(state, states, name);
      },
    }),
  ),
  brokenBackend(
    "tombstone-for-nothing",
    "leaves a tombstone where nothing was",
    "law-6.drop-of-nothing",
    () => ({
      drop(state, states, name) {
        contract.drop(state, states, name);
        if (!state) states.set(name, { revision: 0, dropped: true, records: new Map() });
      },
    }),
  ),
  brokenBackend(
    "drop-held-by-any-revision",
    "takes a record that is there for the one that a drop is held to: a late drop ends another life",
    "law-6.held-drop",
    () => ({ mayDrop: (record) => record !== undefined }),
  ),
  wrappedBackend(
    "drop-again-conflicts",
    "looks for the record of a held drop also where the partition is dropped or never was, and ends no drop that was cut short",
    "law-6.held-drop-again",
    (right) => ({
      async drop(name, now, held) {
        const [record] = held ? await right.read(name, [held.key], now) : [];
        if (held && record?.revision !== held.revision)
          throw new ConflictError(`${held.key} is not ${held.revision}.`, { key: held.key });
        await right.drop(name, now, held);
      },
    }),
  ),
  brokenBackend(
    "write-overtakes-drop",
    "looks for the tombstone, then writes: a write that is under way brings records back",
    "law-6.drop-among-writers",
    () => ({ gap: () => Promise.resolve() }),
  ),
];
