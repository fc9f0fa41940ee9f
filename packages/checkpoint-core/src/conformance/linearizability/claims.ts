import { addsRevision, type Operation, seenIn, valuesOf } from "./operation.ts";

/** What a whole history says of the revisions of its writes: by their answers, and by what others saw of them. */
export interface Claims {
  /** Whether somebody saw this value. */
  seen(value: string): boolean;
  /** Whether a write can have this revision: it is known to have no other, and no other write is known to have it. */
  allow(operation: Operation, revision: number): boolean;
  /** The revision of a write, as far as the history says. */
  of(operation: Operation): number | undefined;
  /** The write that has this revision, as far as the history says. */
  at(revision: number): Operation | undefined;
}

/** Reads them out of a history in which every value is written once. Two claims on one revision are both kept: then no order exists, and the search says so. */
export function claimsOf(operations: readonly Operation[]): Claims {
  const values = new Set<string>();
  const writers = new Map<string, Operation>();
  for (const operation of operations)
    for (const value of valuesOf(operation.call)) writers.set(value, operation);
  const pins = new Map<Operation, Set<number>>();
  const claimed = new Map<number, Set<Operation>>();
  const claim = (operation: Operation, revision: number): void => {
    setOf(pins, operation).add(revision);
    setOf(claimed, revision).add(operation);
  };
  for (const operation of operations) {
    const { call, answer } = operation;
    if (answer?.told === "written" && addsRevision(call)) claim(operation, answer.revision);
    for (const { value, revision } of seenIn(answer)) {
      values.add(value);
      const writer = writers.get(value);
      if (writer) claim(writer, revision);
    }
  }
  return {
    seen: (value) => values.has(value),
    allow: (operation, revision) =>
      (pins.get(operation)?.has(revision) ?? true) &&
      (claimed.get(revision)?.has(operation) ?? true),
    of: (operation) => pins.get(operation)?.values().next().value,
    at: (revision) => claimed.get(revision)?.values().next().value,
  };
}

function setOf<K, V>(sets: Map<K, Set<V>>, key: K): Set<V> {
  const found = sets.get(key) ?? new Set<V>();
  sets.set(key, found);
  return found;
}
