import type { CommitOptions } from "../commit/contract.ts";
import type { HistoryEntry, NewEntry } from "../history/contract.ts";
import type { PageOptions } from "../listing.ts";
import type { OperationOptions } from "../operation.ts";
import { type Bag, bag, type Names } from "./bag.ts";

/** What options of many verbs have in common. */
export const ID: Names<Pick<CommitOptions, "operationId">> = { operationId: true };
export const OPERATION: Names<OperationOptions> = { ...ID, strict: true };
export const PAGE: Names<PageOptions> = { cursor: true, limit: true };
export const LIFE = { life: true } as const;
export const NEW_ENTRY: Names<NewEntry> = { id: true, value: true };
/** What was read may be written again as it was answered. */
export const ENTRY: Names<HistoryEntry> = {
  ...NEW_ENTRY,
  createdAt: true,
  cursor: true,
  revision: true,
};

export const operation: Bag = bag<OperationOptions>(OPERATION);
export const named: Bag = bag<Pick<CommitOptions, "operationId">>(ID);
export const page: Bag = bag<PageOptions>(PAGE);
export const ENTRIES = {
  what: "entry",
  list: "always",
  hint: " A message stands in its `value`.",
} as const;
export const entries: Bag = bag<NewEntry | HistoryEntry>(ENTRY, ENTRIES);
