import { createHash } from "node:crypto";
import {
  createStore,
  type HistoryStore,
  memoryBackend,
  type NewEntry,
} from "@perdure/checkpoint-core";
import type { HistoryStoreSubject } from "../../../src/conformance/index.ts";
import type { Mutant } from "./mutant.ts";

/** Our history in memory behind a layer that gets some verbs wrong. `wrap` is called for each handle. */
export function broken(
  id: string,
  does: string,
  killedBy: string,
  wrap: (right: HistoryStore) => Partial<HistoryStore>,
): Mutant<HistoryStoreSubject> {
  return {
    id,
    does,
    killedBy: `history-store.${killedBy}`,
    create() {
      const backend = memoryBackend();
      const open = (user?: string): HistoryStore => {
        const right = createStore({ backend, scope: user === undefined ? {} : { user } }).history;
        return { ...right, ...wrap(right) };
      };
      return Promise.resolve({
        history: open(),
        another: () => Promise.resolve(open()),
        as: (user: string) => Promise.resolve(open(user)),
      });
    },
  };
}

/** What content hashes to. */
export function hash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

/** The entries with their own ids, or these. */
export function named(
  entries: readonly NewEntry[],
  ids: readonly string[],
): readonly (NewEntry & { readonly id: string })[] {
  return entries.flatMap(({ id, value }, index) => {
    const name = id ?? ids[index];
    return name === undefined ? [] : [{ id: name, value }];
  });
}

/** An operation id for one of several calls. */
export function suffixed(
  options: { readonly operationId?: string | undefined } | undefined,
  index: number,
): { readonly operationId?: string } {
  return options?.operationId === undefined
    ? {}
    : { operationId: `${options.operationId}-${index}` };
}

/** The answers of several calls as that of one. */
export function merged(
  answers: readonly Awaited<ReturnType<HistoryStore["append"]>>[],
): Awaited<ReturnType<HistoryStore["append"]>> {
  return {
    ids: answers.flatMap(({ ids }) => ids),
    cursors: answers.flatMap(({ cursors }) => cursors),
    replayed: answers.every(({ replayed }) => replayed),
  };
}

/** What JSON leaves of a value. */
export function throughJson(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}
