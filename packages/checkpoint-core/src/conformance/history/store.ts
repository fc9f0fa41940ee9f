import assert from "node:assert/strict";
import { isStorageError, type StorageErrorCode } from "../../errors.ts";
import type { HistoryStore, NewEntry } from "../../store/history/contract.ts";
import { type Case, defineCase } from "../case.ts";

/** What the cases for history stores run on: one with nothing in it. */
export interface HistoryStoreSubject {
  readonly history: HistoryStore;
  /** Another one on the same storage, as another process would have it; where there is none the one stands for both. */
  readonly another?: () => Promise<HistoryStore>;
  /** One on the same storage for this user. Where there is none, the case of ownership fails: waive it, and check the owner elsewhere. */
  readonly as?: (user: string) => Promise<HistoryStore>;
}

/** A case on a history and on another one over the same storage. */
export function historyCase(
  id: string,
  title: string,
  run: (one: HistoryStore, other: HistoryStore, subject: HistoryStoreSubject) => Promise<void>,
): Case<HistoryStoreSubject> {
  return defineCase(`history-store.${id}`, title, async (subject) => {
    await run(subject.history, (await subject.another?.()) ?? subject.history, subject);
  });
}

/** Entries of these values, named by the operation that appends them. */
export function unnamed(...values: readonly unknown[]): readonly NewEntry[] {
  return values.map((value) => ({ value }));
}

/** An entry with an id of its own. */
export function named(id: string, value: unknown = id): NewEntry & { readonly id: string } {
  return { id, value };
}

/** Entries of one append that every engine takes: two records each, and some to go with them, of 100. */
export const AT_ONCE = 40;

/** The same, in parts. */
export function inParts<T>(entries: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(entries.length / AT_ONCE) }, (_, part) =>
    entries.slice(part * AT_ONCE, (part + 1) * AT_ONCE),
  );
}

/** The values of a thread, in order. */
export async function valuesOf(
  history: HistoryStore,
  threadId = "t",
  range: Parameters<HistoryStore["read"]>[1] = {},
): Promise<readonly unknown[]> {
  return (await history.read(threadId, range)).map(({ value }) => value);
}

/** The call must be refused with this code. */
export async function refused(
  call: Promise<unknown>,
  code: StorageErrorCode,
  what: string,
): Promise<void> {
  const outcome = await call.then(
    () => "answered",
    (error: unknown) => (isStorageError(error) ? error.code : String(error)),
  );
  assert.equal(outcome, code, what);
}
