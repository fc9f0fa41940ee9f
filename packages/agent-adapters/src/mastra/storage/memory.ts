import {
  calculatePagination,
  jsonValueEquals,
  MemoryStorage,
  normalizePerPage,
  type StorageListMessagesOutput,
  type StorageListThreadsOutput,
  type StorageResourceType,
} from "@mastra/core/storage";
import type { StorageThreadType } from "@mastra/core/memory";
import type { Store } from "@perdure/checkpoint-core";
import {
  messagesOf,
  removeMessages,
  removeThread,
  saveMessages,
  updateMessage,
} from "./history.ts";
import { type Kept, keptResource } from "./kept.ts";
import { type Selection, selected, sorted } from "./messages.ts";
import { allOf, asJson, change, clear, idsOf, placeOf, present, readAll } from "./place.ts";
import { standing } from "./whereabouts.ts";

type Given<Verb extends keyof MemoryStorage> = MemoryStorage[Verb] extends (
  given: infer T,
) => unknown
  ? T
  : never;

/** Messages of a page when nothing is said, and threads. */
const MESSAGES = 40;
const THREADS = 100;

/**
 * Mastra's memory in a store: a conversation is a thread, its messages are the thread's history, updated in place by their ids. Observational memory is not kept.
 *
 * Each list of threads, and of a resource's messages, goes through all conversations of the store's scope.
 */
export class StoreMemory extends MemoryStorage {
  override readonly supportsPartialThreadUpdate = true;
  readonly #store: Store;

  constructor(store: Store) {
    super();
    this.#store = store;
  }

  override async dangerouslyClearAll(): Promise<void> {
    for (const kind of ["thread", "index", "resource"] as const) await clear(this.#store, kind);
  }

  override async getThreadById({
    threadId,
    resourceId,
  }: Given<"getThreadById">): Promise<StorageThreadType | null> {
    const thread = await present<StorageThreadType>(this.#store, placeOf("thread", threadId));
    return thread && [undefined, thread.resourceId].includes(resourceId) ? thread : null;
  }

  override async saveThread({ thread }: Given<"saveThread">): Promise<StorageThreadType> {
    const metadata = asJson(thread.metadata ?? {});
    await change<StorageThreadType>(this.#store, placeOf("thread", thread.id), () => ({
      ...thread,
      metadata,
    }));
    return thread;
  }

  override async updateThread({
    id,
    title,
    metadata,
  }: Given<"updateThread">): Promise<StorageThreadType> {
    const updated = await change<StorageThreadType>(
      this.#store,
      placeOf("thread", id),
      (thread) =>
        thread && {
          ...thread,
          ...(title === undefined ? {} : { title }),
          metadata: { ...thread.metadata, ...asJson(metadata ?? {}) },
          updatedAt: new Date(),
        },
    );
    if (!updated) throw new Error(`Thread with id ${id} not found`);
    return updated;
  }

  override async updateThreadMetadata({
    id,
    resourceId,
    update,
  }: Given<"updateThreadMetadata">): Promise<StorageThreadType | null> {
    const updated = await change<StorageThreadType>(
      this.#store,
      placeOf("thread", id),
      (thread) => {
        if (!thread || ![undefined, thread.resourceId].includes(resourceId)) return undefined;
        const metadata = update(thread);
        return metadata && { ...thread, metadata: asJson(metadata), updatedAt: new Date() };
      },
    );
    return (
      updated ?? (await this.getThreadById({ threadId: id, ...(resourceId ? { resourceId } : {}) }))
    );
  }

  override async deleteThread({ threadId }: Given<"deleteThread">): Promise<void> {
    await removeThread(this.#store, threadId);
  }

  override async listThreads({
    page = 0,
    perPage: asked,
    orderBy,
    filter = {},
  }: Given<"listThreads">): Promise<StorageListThreadsOutput> {
    this.validatePaginationInput(page, asked ?? THREADS);
    this.validateMetadataKeys(filter.metadata);
    const { field, direction } = this.parseOrderBy(orderBy);
    const { resourceId, metadata = {} } = filter;
    const all = (await allOf<StorageThreadType>(this.#store, "thread")).filter(
      (thread) =>
        (resourceId === undefined || thread.resourceId === resourceId) &&
        Object.entries(metadata).every(([key, value]) =>
          jsonValueEquals(thread.metadata?.[key], value),
        ),
    );
    const threads = sorted(all, (thread) => thread[field].getTime(), direction);
    const size = normalizePerPage(asked, THREADS);
    const { offset, perPage } = calculatePagination(page, asked, size);
    return {
      threads: threads.slice(offset, offset + size),
      total: threads.length,
      page,
      perPage,
      hasMore: offset + size < threads.length,
    };
  }

  override async saveMessages({ messages }: Given<"saveMessages">): Promise<{ messages: Kept[] }> {
    await saveMessages(this.#store, messages);
    return { messages: [...messages] };
  }

  override async listMessages({
    threadId,
    ...selection
  }: Given<"listMessages">): Promise<StorageListMessagesOutput> {
    const ids = Array.isArray(threadId) ? threadId : [threadId];
    if (ids.length === 0 || ids.some((id) => id.trim() === ""))
      throw new Error("threadId must be a non-empty string or array of non-empty strings");
    const own = (await readAll(ids, async (id) => messagesOf(this.#store, id))).flat();
    return this.#page(own, selection);
  }

  override async listMessagesByResourceId({
    resourceId,
    ...selection
  }: Given<"listMessagesByResourceId">): Promise<StorageListMessagesOutput> {
    const ids = await idsOf(this.#store, "thread");
    const all = (await readAll(ids, async (id) => messagesOf(this.#store, id))).flat();
    return this.#page(all, { ...selection, resourceId });
  }

  override async listMessagesById({
    messageIds,
  }: Given<"listMessagesById">): Promise<{ messages: Kept[] }> {
    const found = await readAll([...new Set(messageIds)], async (id) => this.#named(id));
    return { messages: sorted(found, ({ createdAt }) => createdAt.getTime(), "ASC") };
  }

  override async updateMessages({ messages }: Given<"updateMessages">): Promise<Kept[]> {
    const updated: Kept[] = [];
    for (const message of messages) {
      const next = await updateMessage(this.#store, message);
      if (next) updated.push(next);
    }
    return updated;
  }

  override async deleteMessages(messageIds: string[]): Promise<void> {
    await removeMessages(this.#store, messageIds);
  }

  override async getResourceById({
    resourceId,
  }: Given<"getResourceById">): Promise<StorageResourceType | null> {
    const place = placeOf("resource", resourceId);
    return (await present<StorageResourceType>(this.#store, place)) ?? null;
  }

  override async saveResource({ resource }: Given<"saveResource">): Promise<StorageResourceType> {
    await change(this.#store, placeOf("resource", resource.id), () => keptResource(resource));
    return resource;
  }

  override async updateResource({
    resourceId,
    workingMemory,
    metadata,
  }: Given<"updateResource">): Promise<StorageResourceType> {
    const now = new Date();
    const updated = await change<StorageResourceType>(
      this.#store,
      placeOf("resource", resourceId),
      (resource = { id: resourceId, createdAt: now, updatedAt: now }) =>
        keptResource({
          ...resource,
          ...(workingMemory === undefined ? {} : { workingMemory }),
          metadata: { ...resource.metadata, ...metadata },
          updatedAt: now,
        }),
    );
    return updated as StorageResourceType;
  }

  async #named(id: string): Promise<Kept | undefined> {
    return (await standing<Kept>(this.#store, id))?.entry.value;
  }

  /** The conversations that the messages of these ids stand in. */
  async #around(ids: readonly string[]): Promise<readonly (readonly Kept[])[]> {
    const named = await readAll(ids, async (id) => (await standing(this.#store, id))?.threadId);
    return readAll([...new Set(named)], async (id) => messagesOf(this.#store, id));
  }

  async #page(own: readonly Kept[], selection: Selection): Promise<StorageListMessagesOutput> {
    const { page = 0, perPage: asked, orderBy, include = [] } = selection;
    this.validatePaginationInput(page, asked ?? MESSAGES);
    const others = await this.#around(include.map(({ id }) => id));
    const size = normalizePerPage(asked, MESSAGES);
    const { offset, perPage } = calculatePagination(page, asked, size);
    const order = this.parseOrderBy(orderBy, "ASC");
    const chosen = selected(own, others, { ...selection, order, offset, size });
    return { ...chosen, page, perPage };
  }
}
