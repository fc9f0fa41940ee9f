import { serialize } from "node:v8";
import { createHash } from "node:crypto";
import type { CheckpointerSubject } from "../../../src/conformance/index.ts";
import { broken } from "./brokenCheckpointer.ts";
import type { Row } from "./looseCheckpointer.ts";
import { type Mutant, turn } from "./mutant.ts";

/** Checkpointers that are wrong as peers' have been. */
export const checkpointerMutants: readonly Mutant<CheckpointerSubject>[] = [
  broken("none-is-undefined", "answers undefined for none", "none-is-null", { none: undefined }),
  broken(
    "cache-of-latest",
    "keeps the latest in the process and does not see another's",
    "put-get",
    () => {
      let mine: Row | undefined;
      return {
        latest: (rows) => (mine ??= rows.at(-1)),
        store: (shelf, _before, row) => {
          mine = row;
          shelf.rows.push(row);
        },
      };
    },
  ),
  broken(
    "latest-by-uuid",
    "takes the greatest uuid for the latest: 54 % wrong within a millisecond (peers)",
    "latest-in-a-burst",
    { newId: uuid7, latest: (rows) => byText(rows)[0] },
  ),
  broken(
    "latest-by-clock",
    "takes the latest by the writer's clock (peers: a writer an hour ahead shadows all later puts)",
    "latest-by-bad-clocks",
    { latest: (rows) => rows.toSorted((left, right) => left.at - right.at).at(-1) },
  ),
  broken("list-by-clock", "lists by the writer's clock", "list-order", {
    order: (rows) => rows.toReversed().toSorted((left, right) => right.at - left.at),
  }),
  broken("limit-plus-one", "keeps n + 1 (peers)", "list-limit", {
    bounded: (rows, limit) => rows.slice(0, limit === undefined ? undefined : limit + 1),
  }),
  broken("limit-zero-is-all", "takes a limit of 0 for none", "list-limit", {
    bounded: (rows, limit) => rows.slice(0, limit || undefined),
  }),
  broken("hidden-limit-of-ten", "lists 10 when not told (peers)", "no-hidden-limit", {
    bounded: (rows, limit = 10) => rows.slice(0, limit),
  }),
  broken("dates-as-text", "lists dates as text", "list-entries", {
    createdAt: (row) => new Date(row.at).toISOString() as unknown as Date,
  }),
  broken(
    "read-modify-write",
    "reads the thread's list, adds one and writes it: puts at once lose each other (peers)",
    "concurrent-puts",
    {
      gap: turn,
      store: (shelf, before, row) => {
        shelf.rows = [...before, row];
      },
    },
  ),
  broken(
    "latest-is-a-pointer",
    "answers none when the checkpoint that the latest pointed to was deleted (peers)",
    "delete-one",
    () => {
      const pointers = new Map<string, Row>();
      return {
        store: (shelf, _before, row) => {
          pointers.set(row.thread, row);
          shelf.rows.push(row);
        },
        latest: (rows) => rows.find((row) => row === pointers.get(row.thread)),
      };
    },
  ),
  broken("delete-keeps-last", "deletes all of a thread but the latest", "delete-all", () => {
    let last: Row | undefined;
    return {
      store: (shelf, _before, row) => {
        last = row;
        shelf.rows.push(row);
      },
      ofThread: (row, thread) => row.thread === thread && row !== last,
    };
  }),
  broken("delete-of-nothing-throws", "throws when there is nothing to delete", "delete-nothing", {
    deletedNothing() {
      throw new Error("No such checkpoint");
    },
  }),
  broken(
    "joined-with-colon",
    "joins thread and id with ':' (peers: get('user', '42:' + id) reads thread user:42)",
    "thread-and-id-apart",
    { is: (row, thread, id) => `${row.thread}:${row.id}` === `${thread}:${id}` },
  ),
  broken("id-without-thread", "finds a checkpoint by its id alone", "ids-belong-to-threads", {
    is: (row, _thread, id) => row.id === id,
  }),
  broken(
    "names-made-safe",
    "turns '/' and '\\' in a thread's name into '_' (peers: a/b and a_b are one file)",
    "hostile-threads",
    { thread: (name) => name.replaceAll(/[/\\]/g, "_") },
  ),
  broken("deletes-by-prefix", "deletes by the beginning of the name", "delete-reaches-no-other", {
    ofThread: (row, thread) => row.thread.startsWith(thread),
  }),
  broken("keeps-the-object", "keeps the caller's own object", "copies", {
    keep: (state) => state,
    give: (kept) => structuredClone(kept),
  }),
  broken("gives-the-object", "gives its own object out", "copies", {
    keep: (state) => structuredClone(state),
    give: (kept) => kept,
  }),
  broken("no-identity", "writes a retry again", "replay", { operation: () => undefined }),
  broken("retry-overwrites", "stores what the retry brings", "replay-of-another-payload", {
    replayed: (row, kept) => {
      row.kept = kept;
    },
  }),
  broken("retry-moves-head", "makes a retried put the latest again", "late-replay", {
    replayed: (row, _kept, shelf) => {
      shelf.rows = [...shelf.rows.filter((other) => other !== row), row];
    },
  }),
  broken(
    "looks-then-writes",
    "looks for the operation, then writes: retries at once are written twice",
    "replays-at-once",
    { gap: turn },
  ),
  broken(
    "content-is-identity",
    "names a checkpoint by a hash of its content (peers)",
    "equal-states",
    {
      newId: (state) => createHash("sha256").update(JSON.stringify(state)).digest("hex"),
      store: (shelf, before, row) => {
        if (!before.some(({ id }) => id === row.id)) shelf.rows.push(row);
      },
    },
  ),
  broken(
    "operations-of-all",
    "keeps operation ids without their thread",
    "operations-belong-to-threads",
    {
      operation: (_thread, operationId) => operationId,
    },
  ),
  broken("keeps-the-last-50", "keeps the last 50 of a thread when not told", "oldest-stays", {
    store(shelf, _before, row) {
      shelf.rows.push(row);
      const mine = shelf.rows.filter(({ thread }) => thread === row.thread);
      const [oldest] = mine.length > 50 ? mine : [];
      shelf.rows = shelf.rows.filter((one) => one !== oldest);
    },
  }),
  broken(
    "rows-of-a-megabyte",
    "keeps what fits one row of 1 MB, and cuts off the rest",
    "large-state",
    {
      keep: (state) => (serialize(state).byteLength > 1_000_000 ? {} : state),
    },
  ),
];

/** As peers make UUIDv7: milliseconds, then random bits, so that those of one millisecond are in no order. */
function uuid7(): string {
  return Date.now().toString(16).padStart(12, "0") + Math.random().toString(16).slice(2);
}

function byText(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((left, right) => (left.id < right.id ? 1 : -1));
}
