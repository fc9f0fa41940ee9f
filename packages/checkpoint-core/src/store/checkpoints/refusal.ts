import { ConflictError, StorageError } from "../../errors.ts";
import type { Demand } from "./ground.ts";
import { type Checkpoint, HEAD } from "./schema.ts";

/** A checkpoint by the store's id and its caller's. */
interface Named {
  readonly id: string | undefined;
  readonly name: string | undefined;
}

/** Why a demand cannot be met, if it cannot: its parent is not to be seen, or the head is not the one expected. */
export function refusalOf(
  { expectedHead, parentId, parentIsHead }: Demand,
  parent: Checkpoint | undefined,
  head: Named,
): StorageError | undefined {
  if (parentId !== undefined && !parent) return noParent(parentId);
  const found = head.name ?? head.id;
  if (expectedHead !== undefined && !isHead(expectedHead, head))
    return notHead(expectedHead, found);
  return parentIsHead && parentId !== head.id ? notHead(parentId, found) : undefined;
}

function isHead(expected: string | null, { id, name }: Named): boolean {
  return expected === (id ?? null) || (name !== undefined && expected === name);
}

/** The parent that a call names is not to be seen. */
export function noParent(parentId: string): StorageError {
  return new StorageError(
    "NOT_FOUND",
    `There is no checkpoint ${parentId.slice(0, 100)} to stand on.`,
  );
}

/** The head is not the one that a call expects. */
export function notHead(
  expected: string | null | undefined,
  head: string | undefined,
): ConflictError {
  return new ConflictError(
    `The head is ${head ?? "none"}, not ${(expected ?? "none").slice(0, 100)}; nothing was written.`,
    { key: HEAD },
  );
}
