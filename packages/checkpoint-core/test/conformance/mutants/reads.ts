import type { BackendSubject } from "../../../src/conformance/index.ts";
import { brokenBackend, type Mutant, turn, wrappedBackend } from "./mutant.ts";
import { contract, pliable } from "./pliable.ts";

/** Backends that break law 3 or law 4. */
export const readMutants: readonly Mutant<BackendSubject>[] = [
  brokenBackend(
    "order-of-the-engine",
    "answers a read in the order of the keys, not of the question (BatchGetItem, `in (…)`)",
    "law-3.read-order",
    () => ({
      answer: (found) =>
        found.toSorted((left, right) => contract.order(left?.key ?? "~", right?.key ?? "~")),
    }),
  ),
  brokenBackend(
    "missing-left-out",
    "answers a read with what it found alone",
    "law-3.nothing-there",
    () => ({ answer: (found) => found.filter((record) => record !== undefined) }),
  ),
  wrappedBackend(
    "lagging-replica",
    "reads from a copy that is one write behind",
    "law-3.sees-own-writes",
    (primary) => {
      const replica = pliable();
      let late: (() => Promise<unknown>) | undefined;
      return {
        async write(name, batch) {
          const written = await primary.write(name, batch);
          await late?.();
          late = () => replica.write(name, batch);
          return written;
        },
        read: (...call) => replica.read(...call),
        scan: (...call) => replica.scan(...call),
      };
    },
  ),
  wrappedBackend(
    "cache-per-process",
    "answers what it read before until this process itself writes",
    "law-3.sees-other-handles",
    (right) => {
      const cache = new Map<string, ReturnType<typeof right.read>>();
      return {
        write(name, batch) {
          cache.clear();
          return right.write(name, batch);
        },
        read(name, keys, now) {
          const question = JSON.stringify([name, keys]);
          const answer = cache.get(question) ?? right.read(name, keys, now);
          cache.set(question, answer);
          return answer;
        },
      };
    },
  ),
  brokenBackend(
    "torn-read",
    "reads key by key (BatchGetItem tore 226 of 3,000 reads of two keys)",
    "law-3.read-one-instant",
    () => ({ tear: (verb) => (verb === "read" ? turn() : undefined), gap: turn }),
  ),
  brokenBackend(
    "torn-scan",
    "finds the keys of a page, then reads their records one by one",
    "law-3.scan-one-instant",
    () => ({ tear: (verb) => (verb === "scan" ? turn() : undefined), gap: turn }),
  ),
  brokenBackend(
    "names-fold-case",
    "compares partition names without case (a collation)",
    "law-4.hostile-names",
    () => ({ place: (name) => name.toLowerCase() }),
  ),
  brokenBackend(
    "names-are-cut",
    "cuts partition names at 63 bytes (an identifier's length in Postgres)",
    "law-4.hostile-names",
    () => ({ place: (name) => name.slice(0, 63) }),
  ),
  brokenBackend(
    "names-drop-lengths",
    "joins the parts of a name without their lengths, with ':' (peers: user + 42:x reads user:42)",
    "law-4.scope-and-thread",
    () => ({
      place: (name) =>
        name
          .split("/")
          .slice(1)
          .map((part) => part.replace(/^\d+\./, ""))
          .join(":")
          .replaceAll("~003a", ":"),
    }),
  ),
  wrappedBackend(
    "one-flat-space",
    "keeps all records under `name/key`, where a name and a key run into each other",
    "law-4.name-and-key-apart",
    (right) => ({
      write: (name, { writes, ...batch }) =>
        right.write("all", {
          ...batch,
          writes: writes.map((one) =>
            one.op === "append"
              ? { ...one, prefix: joined(name, one.prefix) }
              : { ...one, key: joined(name, one.key) },
          ),
        }),
      async scan(name, { from, to, ...range }, now) {
        const inAll = { ...range, from: joined(name, from), to: joined(name, to) };
        const { records } = await right.scan("all", inAll, now);
        return {
          records: records.map(({ key, value, revision }) => ({
            key: key.slice(name.length + 1),
            value,
            revision,
          })),
        };
      },
    }),
  ),
  brokenBackend(
    "drops-by-pattern",
    "drops by `like` with the name unescaped",
    "law-4.drop-reaches-no-other",
    () => ({
      drop(state, states, name) {
        for (const [other, theirs] of states)
          if (other.toLowerCase() === name.toLowerCase()) contract.drop(theirs, states, other);
        contract.drop(state, states, name);
      },
    }),
  ),
  brokenBackend(
    "sorts-by-locale",
    "sorts keys by a language's rules (a collation other than C)",
    "law-4.byte-order",
    () => ({
      order: (left, right) => left.localeCompare(right, "en") || contract.order(left, right),
    }),
  ),
  brokenBackend(
    "lower-bound-open",
    "leaves out the key that equals the lower bound",
    "law-4.prefix-equal-key",
    () => ({ within: (key, { from, to }) => key > from && key < to }),
  ),
  brokenBackend(
    "scans-by-pattern",
    "scans a prefix with `like`, where `_` and `%` stand for others",
    "law-4.prefix-range",
    () => ({
      within(key, range) {
        if (range.to !== `${range.from}\u007f`) return contract.within(key, range);
        const pattern = range.from.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("_", ".");
        return new RegExp(`^${pattern}`).test(key);
      },
    }),
  ),
  brokenBackend(
    "upper-bound-closed",
    "holds the key that equals the upper bound",
    "law-4.bounds",
    () => ({ within: (key, { from, to }) => key >= from && key <= to }),
  ),
  brokenBackend(
    "reverses-the-first-page",
    "takes the first records of the range and turns them round",
    "law-4.reverse",
    () => ({
      cut(records, range) {
        if (!range.reverse) return contract.cut(records, range);
        return { records: records.slice(-range.limit) };
      },
    }),
  ),
  brokenBackend(
    "page-one-too-long",
    "gives one record more than the limit (peers: a cap that keeps n + 1)",
    "law-4.paging",
    () => ({
      cut: (records, range) => contract.cut(records, { ...range, limit: range.limit + 1 }),
    }),
  ),
  brokenBackend(
    "page-skips-one",
    "goes on behind the record that the next page should start with",
    "law-4.paging",
    () => ({
      cut(records, range) {
        const page = contract.cut(records, range);
        const next = records[range.limit + 1]?.key;
        return page.next === undefined || range.reverse || next === undefined
          ? page
          : { ...page, next };
      },
    }),
  ),
  brokenBackend(
    "last-page-lost",
    "stops when what is left is less than a page",
    "law-4.paging",
    () => ({
      cut(records, range) {
        const { records: page, next } = contract.cut(records, range);
        return next === undefined || records.length < 2 * range.limit
          ? { records: page }
          : { records: page, next };
      },
    }),
  ),
  brokenBackend(
    "hidden-limit",
    "never gives more than 1,000 records, and does not say so (peers: a hidden limit of 10; a 1 MB page)",
    "law-4.no-hidden-limit",
    () => ({
      cut: (records, range) => contract.cut(records.slice(0, 1000), range),
    }),
  ),
  brokenBackend(
    "no-next",
    "gives one page, and never says where to go on",
    "law-4.end-of-range",
    () => ({ cut: (records, { limit }) => ({ records: records.slice(0, limit) }) }),
  ),
  brokenBackend(
    "keys-are-cut",
    "cuts keys at 1,000 bytes while its limits say 1,024",
    "law-4.longest-keys",
    () => ({ keyed: (key) => key.slice(0, 1000) }),
  ),
];

function joined(name: string, key: string): string {
  return `${name}/${key}`;
}
