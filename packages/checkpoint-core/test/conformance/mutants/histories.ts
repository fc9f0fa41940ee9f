import { randomUUID } from "node:crypto";
import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import type { HistoryStoreSubject } from "../../../src/conformance/index.ts";
import { broken, hash, merged, named, suffixed, throughJson } from "./brokenHistory.ts";
import { type Mutant, turn } from "./mutant.ts";

/** Histories that are wrong as peers' have been: ours, behind a layer that gets some verbs wrong. */
export const historyMutants: readonly Mutant<HistoryStoreSubject>[] = [
  broken(
    "nothing-is-undefined",
    "reads a thread without entries as undefined",
    "nothing-there",
    (right) => ({
      async read<T>(threadId: string) {
        const entries = await right.read<T>(threadId);
        return entries.length > 0 ? entries : (undefined as never);
      },
    }),
  ),
  broken("newest-first", "reads the newest entries first", "order", (right) => ({
    read: async (...call) => (await right.read(...call)).toReversed() as never,
  })),
  broken(
    "content-is-identity",
    "names an entry by a hash of its content (peers)",
    "equal-messages",
    (right) => ({
      append: (threadId, entries) =>
        right.append(threadId, [
          ...new Map(
            entries.map(({ value }) => [hash(value), { id: hash(value), value }]),
          ).values(),
        ]),
    }),
  ),
  broken(
    "no-identity",
    "writes a retry again (peers: a lost acknowledgement doubles the history)",
    "replay",
    (right) => ({
      append: (threadId, entries, options) =>
        right.append(threadId, entries, options?.operationId ? { operationId: randomUUID() } : {}),
    }),
  ),
  broken("silent-replay", "does not say that a retry wrote nothing", "replay", (right) => ({
    append: async (...call) => ({ ...(await right.append(...call)), replayed: false }),
  })),
  broken(
    "retry-overwrites",
    "stores what a retry brings",
    "replay-of-another-payload",
    (right) => ({
      async append(threadId, entries, options) {
        const answer = await right.append(threadId, entries, options);
        if (answer.replayed) await right.upsert(threadId, named(entries, answer.ids));
        return answer;
      },
    }),
  ),
  broken(
    "retry-moves-to-end",
    "writes a retried entry anew behind the others",
    "late-replay",
    (right) => ({
      async append(threadId, entries, options) {
        const answer = await right.append(threadId, entries, options);
        if (!answer.replayed) return answer;
        const [cursor] = answer.cursors;
        if (cursor !== undefined)
          await right.replace(threadId, { from: cursor, to: cursor }, [], {
            expected: 1,
            operationId: randomUUID(),
          });
        return right.append(threadId, entries, { operationId: randomUUID() });
      },
    }),
  ),
  broken(
    "looks-then-writes",
    "looks for the operation, then writes: retries at once are written twice",
    "replays-at-once",
    (right) => {
      const seen = new Set<string>();
      return {
        async append(threadId, entries, options) {
          const retried = seen.has(options?.operationId ?? "");
          await turn();
          seen.add(options?.operationId ?? "");
          return right.append(threadId, entries, retried ? options : { operationId: randomUUID() });
        },
      };
    },
  ),
  broken("own-id-overwrites", "replaces an entry whose id comes again", "own-ids", (right) => ({
    append: (threadId, entries, options) =>
      entries.every(({ id }) => id !== undefined)
        ? right.upsert(threadId, named(entries, []))
        : right.append(threadId, entries, options),
  })),
  broken(
    "names-what-nothing-names",
    "makes a random id for an entry that nothing names",
    "needs-identity",
    (right) => ({
      append: (threadId, entries, options) =>
        right.append(threadId, entries, { operationId: randomUUID(), ...options }),
    }),
  ),
  broken("one-by-one", "writes the entries of a call one by one", "all-or-none", (right) => ({
    async append(threadId, entries, options) {
      const answers = [];
      for (const [index, entry] of entries.entries())
        answers.push(await right.append(threadId, [entry], suffixed(options, index)));
      return merged(answers);
    },
  })),
  broken(
    "interleaves",
    "writes the entries of a call one by one, between those of others",
    "concurrent",
    (right) => ({
      async append(threadId, entries, options) {
        const answers = [];
        for (const [index, entry] of entries.entries()) {
          await turn();
          answers.push(await right.append(threadId, [entry], suffixed(options, index)));
        }
        return merged(answers);
      },
    }),
  ),
  broken(
    "keeps-json",
    "keeps JSON, in which a date is text and bytes are an object",
    "values",
    (right) => ({
      append: (threadId, entries, options) =>
        right.append(
          threadId,
          entries.map((entry) => Object.assign({}, entry, { value: throughJson(entry.value) })),
          options,
        ),
    }),
  ),
  broken(
    "gives-its-own-objects",
    "answers from a cache with the objects that it gave before",
    "copies",
    (right) => {
      const cache = new Map<string, Promise<unknown>>();
      return {
        read(threadId) {
          const answer = cache.get(threadId) ?? right.read(threadId);
          cache.set(threadId, answer);
          return answer as never;
        },
      };
    },
  ),
  broken("threads-fold-case", "compares threads without case", "hostile-threads", (right) => ({
    append: (threadId, ...rest) => right.append(threadId.toLowerCase(), ...rest),
    read: (threadId, ...rest) => right.read(threadId.toLowerCase(), ...rest),
  })),
  broken("ids-are-trimmed", "trims ids", "hostile-ids", (right) => ({
    append: (threadId, entries, options) =>
      right.append(
        threadId,
        entries.map((entry) =>
          entry.id === undefined ? entry : { value: entry.value, id: entry.id.trim() || "x" },
        ),
        options,
      ),
  })),
  broken("first-n", "takes the first n for the last n", "last-n", (right) => ({
    read: async (threadId, range) => (await right.read(threadId)).slice(0, range?.limit) as never,
  })),
  broken("hidden-limit", "reads 100 entries when not told", "no-hidden-limit", (right) => ({
    read: (threadId, range) => right.read(threadId, { limit: 100, ...range }),
  })),
  broken(
    "after-holds-its-cursor",
    "reads from a cursor on when it should read behind it",
    "bounds",
    (right) => ({
      read: async (threadId, { after, ...range } = {}) =>
        (await right.read(threadId, range)).filter(
          ({ cursor }) => cursor >= (after ?? ""),
        ) as never,
    }),
  ),
  broken(
    "too-large-for-any",
    "reads nothing where the last entry alone is too much",
    "max-bytes",
    (right) => ({
      read: async (threadId, range) => {
        const entries = await right.read(threadId, range);
        return (range?.maxBytes === 1 ? [] : entries) as never;
      },
    }),
  ),
  broken("any-limit", "takes a limit that is no number for none", "bad-bounds", (right) => ({
    read: (threadId, { limit, ...range } = {}) =>
      right.read(
        threadId,
        Number.isInteger(limit) && Number(limit) >= 0 ? { ...range, limit: Number(limit) } : range,
      ),
  })),
  broken("upsert-appends", "writes an upserted entry at the end", "upsert", (right) => ({
    upsert: (threadId, entries) =>
      right.append(
        threadId,
        entries.map(({ value }) => ({ id: randomUUID(), value })),
      ),
  })),
  broken(
    "replaces-unseen",
    "replaces whatever is in the range, also what the caller never saw",
    "replace",
    (right) => ({
      async replace(threadId, range, entries, options) {
        const all = await right.read(threadId, { upTo: range.to ?? "~" });
        const expected = all.filter(({ cursor }) => cursor >= (range.from ?? "")).length;
        return right.replace(threadId, range, entries, { ...options, expected });
      },
    }),
  ),
  broken("clear-keeps-last", "leaves the last entry when it clears", "clear", (right) => ({
    async clear(threadId) {
      const all = await right.read(threadId);
      const to = all.at(-2)?.cursor;
      if (to !== undefined)
        await right.replace(threadId, { to }, [], {
          expected: all.length - 1,
          operationId: randomUUID(),
        });
    },
  })),
  {
    id: "owner-unchecked",
    does: "checks no owner",
    killedBy: "history-store.ownership",
    create() {
      const history = createStore({ backend: memoryBackend() }).history;
      return Promise.resolve({ history, as: () => Promise.resolve(history) });
    },
  },
];
