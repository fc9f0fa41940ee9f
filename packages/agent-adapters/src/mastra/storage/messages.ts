import type { MastraDBMessage } from "@mastra/core/memory";
import {
  filterByDateRange,
  type MemoryStorage,
  type StorageListMessagesOutput,
  storageMessageMatchesMetadataFilter,
  validateStorageMetadataFilter,
} from "@mastra/core/storage";

/** Which messages are wanted, as Mastra asks. */
export type Selection = Omit<Parameters<MemoryStorage["listMessages"]>[0], "threadId">;

/** Where a page begins, and in which order. */
interface Placed extends Selection {
  readonly order: { readonly field: "createdAt" | "updatedAt"; readonly direction: "ASC" | "DESC" };
  readonly offset: number;
  readonly size: number;
}

/** The page of the threads' own messages, and those that are included with their neighbours, from whatever thread they are. */
export function selected(
  own: readonly MastraDBMessage[],
  others: readonly (readonly MastraDBMessage[])[],
  { resourceId, filter = {}, include = [], order, offset, size }: Placed,
): Pick<StorageListMessagesOutput, "messages" | "total" | "hasMore"> {
  const metadata = validateStorageMetadataFilter(filter.metadata);
  const isOf = (message: MastraDBMessage): boolean =>
    resourceId === undefined || message.resourceId === resourceId;
  const inRange = filterByDateRange(own.filter(isOf), dateOf, filter.dateRange).filter((message) =>
    storageMessageMatchesMetadataFilter(message.content, metadata),
  );
  const all = sorted(inRange, timeOf, order.direction);
  const page = all.slice(offset, offset + size);
  const around = include.flatMap((one) => neighbours(others, one).filter(isOf));
  const byId = new Map([...page, ...around].map((message) => [message.id, message]));
  return {
    messages: sorted([...byId.values()], timeOf, order.direction),
    total: size === 0 ? 0 : all.length,
    hasMore: size > 0 && offset + page.length < all.length,
  };
}

type Included = NonNullable<Selection["include"]>[number];

function neighbours(
  threads: readonly (readonly MastraDBMessage[])[],
  { id, withPreviousMessages: before = 0, withNextMessages: behind = 0 }: Included,
): readonly MastraDBMessage[] {
  const thread = threads.find((messages) => messages.some((message) => message.id === id)) ?? [];
  const inOrder = sorted(thread, timeOf, "ASC");
  const at = inOrder.findIndex((message) => message.id === id);
  return at === -1 ? [] : inOrder.slice(Math.max(0, at - before), at + behind + 1);
}

/** Values by their times; of one time in the order that they came in. */
export function sorted<T>(
  values: readonly T[],
  time: (value: T) => number,
  direction: "ASC" | "DESC",
): T[] {
  const sign = direction === "ASC" ? 1 : -1;
  return values.toSorted((one, other) => sign * (time(one) - time(other)));
}

function dateOf({ createdAt }: MastraDBMessage): Date {
  return createdAt;
}

function timeOf({ createdAt }: MastraDBMessage): number {
  return createdAt.getTime();
}
