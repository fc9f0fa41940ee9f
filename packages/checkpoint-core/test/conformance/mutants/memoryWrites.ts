import { randomUUID } from "node:crypto";
import type { MemoryUpdate, NewMemory } from "@perdure/checkpoint-core";
import type { MemoryStoreSubject } from "../../../src/conformance/index.ts";
import { throughJson } from "./brokenHistory.ts";
import { broken } from "./brokenMemory.ts";
import { type Mutant, turn } from "./mutant.ts";

/** Memories that are written wrongly. */
export const memoryWriteMutants: readonly Mutant<MemoryStoreSubject>[] = [
  broken("no-metadata", "keeps the text alone", "read-back", (right) => ({
    write: (within, memories, options) =>
      right.write(
        within,
        memories.map(({ id, text }) => (id === undefined ? { text } : { id, text })),
        options,
      ),
  })),
  broken(
    "retry-doubles",
    "writes a retry again (peers: the background function that applies an event twice)",
    "replay",
    (right) => ({
      write: (within, memories, options) =>
        right.write(within, memories, options?.operationId ? { operationId: randomUUID() } : {}),
    }),
  ),
  broken("never-strict", "answers a strict retry whatever it brings", "strict-replay", (right) => ({
    write: (within, memories, options = {}) =>
      right.write(
        within,
        memories,
        options.operationId === undefined ? options : { operationId: options.operationId },
      ),
  })),
  broken(
    "retry-overwrites",
    "stores what a retry brings",
    "replay-of-another-payload",
    (right) => ({
      async write(within, memories, options) {
        const answer = await right.write(within, memories, options);
        const updates = answer.ids.flatMap((id, index) => {
          const text = memories[index]?.text;
          return text === undefined ? [] : [{ id, text }];
        });
        if (answer.replayed) await right.update(within, updates);
        return answer;
      },
    }),
  ),
  broken(
    "found-by-id-only",
    "recognises a retry by the memory that it left, so that it brings a deleted one back",
    "late-replay",
    (right) => ({
      async write(within, memories, options) {
        const answer = await right.write(within, memories, options);
        for (const [index, id] of answer.ids.entries())
          if (answer.replayed && (await right.get(within, id)) === undefined)
            await right.write(within, [{ text: memories[index]?.text ?? "" }], {
              operationId: randomUUID(),
            });
        return answer;
      },
    }),
  ),
  broken("upserts", "writes over a memory whose id is there", "own-ids", (right) => ({
    async write(within, memories, options) {
      const own = memories.filter((one): one is NewMemory & { id: string } => one.id !== undefined);
      for (const { id, text } of own)
        if (await right.get(within, id)) await right.update(within, [{ id, text }]);
      return right.write(within, memories, options);
    },
  })),
  broken("invents-ids", "names what nobody names", "needs-identity", (right) => ({
    write: (within, memories, options) =>
      right.write(
        within,
        memories.map((memory) => ({ ...memory, id: memory.id || randomUUID() })),
        options,
      ),
  })),
  broken("one-by-one", "writes and updates one after the other", "all-or-none", (right) => ({
    async write(within, memories, options) {
      if (memories.length < 2) return right.write(within, memories, options);
      const answers = [];
      for (const memory of memories) answers.push(await right.write(within, [memory]));
      return {
        ids: answers.flatMap(({ ids }) => ids),
        revisions: answers.flatMap(({ revisions }) => revisions),
        replayed: false,
      };
    },
  })),
  broken("replaces-whole", "forgets in an update what it does not name", "update", (right) => ({
    update: (within, updates, options) =>
      right.update(
        within,
        updates.map((update) => ({ ...update, metadata: update.metadata ?? {} })),
        options,
      ),
  })),
  broken(
    "update-again",
    "applies a retried update again, over a later one",
    "update-replay",
    (right) => ({ update: (within, updates) => right.update(within, updates) }),
  ),
  broken(
    "update-resurrects",
    "makes the memory that an update does not find",
    "update-of-nothing",
    (right) => ({
      async update(within, updates, options) {
        const missing: (NewMemory & MemoryUpdate)[] = [];
        for (const { id, text } of updates)
          if (!(await right.get(within, id))) missing.push({ id, text: text ?? "none" });
        if (missing.length > 0) await right.write(within, missing);
        return right.update(within, updates, options);
      },
    }),
  ),
  broken(
    "reads-then-updates",
    "compares the revision in one round trip and writes in another",
    "compare-and-set",
    (right) => ({
      async update(within, updates, options) {
        for (const { id, expected } of updates) {
          const found = await right.get(within, id);
          if (expected !== undefined && found?.revision !== expected)
            return right.update(within, updates, options);
        }
        await turn();
        return right.update(
          within,
          updates.map(({ id, text }) => (text === undefined ? { id } : { id, text })),
          options,
        );
      },
    }),
  ),
  broken(
    "delete-again",
    "deletes again what a retry names, also what was written since",
    "delete",
    (right) => ({ delete: (within, ids) => right.delete(within, ids) }),
  ),
  broken("gives-up", "loses a write that met another", "concurrent", (right) => {
    let busy = false;
    return {
      async write(within, memories, options) {
        if (busy) return { ids: [], revisions: [], replayed: false };
        busy = true;
        await turn();
        const answer = await right.write(within, memories, options);
        busy = false;
        return answer;
      },
    };
  }),
  broken("metadata-as-json", "keeps metadata as JSON says them", "metadata", (right) => ({
    async write(within, memories, options) {
      return right.write(
        within,
        memories.map(({ metadata, ...memory }) =>
          metadata === undefined
            ? memory
            : { ...memory, metadata: throughJson(metadata) as typeof metadata },
        ),
        options,
      );
    },
  })),
  broken("one-object", "answers one object of metadata to everybody", "copies", (right) => {
    const shared = new Map<string, NonNullable<NewMemory["metadata"]>>();
    return {
      async get(within, id) {
        const memory = await right.get(within, id);
        if (!memory?.metadata) return memory;
        const metadata = shared.get(id) ?? memory.metadata;
        shared.set(id, metadata);
        return { ...memory, metadata };
      },
    };
  }),
];
