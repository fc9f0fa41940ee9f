import { MastraServerCache } from "@mastra/core/cache";
import { checkGiven, ContentionError, type Store } from "@perdure/checkpoint-core";
import { change, clear, isDeleted, placeOf, present } from "./place.ts";

/** How long what is cached is kept. */
export interface MastraCacheOptions {
  /** After the last write to a key, in milliseconds; a day when not given. */
  readonly ttlMs?: number;
}

const DAY_MS = 24 * 60 * 60_000;

/** Tries of one push on a list that is deleted, or runs out, meanwhile. */
const MAX_TRIES = 16;

interface Cached {
  readonly value: unknown;
}

/** An event in a list: `indexed` where its reader wants its place in it. */
interface Listed {
  readonly value: unknown;
  readonly indexed?: true;
}

/** Mastra's server cache, by which streams are taken up again in any process, in a store: values and counters are compare-and-set, lists are streams, and a list's place is its index. */
export class StoreServerCache extends MastraServerCache {
  readonly #store: Store;
  readonly #ttlMs: number;

  constructor(store: Store, { ttlMs = DAY_MS }: MastraCacheOptions = {}) {
    super({ name: "StoreServerCache" });
    checkGiven("StoreServerCache", { store }, { store: "store" });
    this.#store = store;
    this.#ttlMs = ttlMs;
  }

  override async get(key: string): Promise<unknown> {
    return (await present<Cached>(this.#store, placeOf("cache", key)))?.value;
  }

  override async set(key: string, value: unknown, ttlMs: number = this.#ttlMs): Promise<void> {
    // A time of nothing is for ever, as Mastra has it.
    const kept = ttlMs > 0 ? ttlMs : undefined;
    await change<Cached>(this.#store, placeOf("cache", key), () => ({ value }), kept);
  }

  override async increment(key: string): Promise<number> {
    const next = await change<Cached>(
      this.#store,
      placeOf("cache", key),
      (cached) => {
        const { value = 0 } = cached ?? {};
        if (typeof value !== "number") throw new Error(`${key} exists but is not a number`);
        return { value: value + 1 };
      },
      this.#ttlMs,
    );
    return next?.value as number;
  }

  override async listLength(key: string): Promise<number> {
    try {
      return (await this.#store.streams.get(placeOf("cache", key)))?.next ?? 0;
    } catch (error) {
      if (isDeleted(error)) return 0;
      throw error;
    }
  }

  override async listPush(key: string, value: unknown): Promise<void> {
    await this.#push(key, { value });
  }

  override async listPushIndexed(
    listKey: string,
    _counterKey: string,
    value: Record<string, unknown>,
  ): Promise<number> {
    return this.#push(listKey, { value, indexed: true });
  }

  override async listFromTo(key: string, from: number, to = -1): Promise<unknown[]> {
    const all: unknown[] = [];
    const { streams } = this.#store;
    try {
      for (let next = Math.max(0, from), isMore = true; isMore; ) {
        const page = await streams.read<Listed>(placeOf("cache", key), next);
        for (const { index, value } of page.events)
          if (to === -1 || index <= to) all.push(shown(value, index));
        isMore = page.events.length > 0 && (to === -1 || page.next <= to);
        ({ next } = page);
      }
    } catch (error) {
      if (!isDeleted(error)) throw error;
    }
    return all;
  }

  override async delete(key: string): Promise<void> {
    await this.#store.threads.delete(placeOf("cache", key));
  }

  override async clear(): Promise<void> {
    await clear(this.#store, "cache");
  }

  /** A list belongs to the thread of its key, which is made anew where it was deleted, or the list has run out: by one of those who push to it then, whatever others do. */
  async #push(key: string, listed: Listed): Promise<number> {
    const threadId = placeOf("cache", key);
    const { streams, threads } = this.#store;
    const options = { threadId, ttlMs: this.#ttlMs };
    for (let life: number | undefined, tries = 0; tries < MAX_TRIES; tries += 1) {
      try {
        return (await streams.append(threadId, [listed], { ...options, life })).first;
      } catch (error) {
        if (!isDeleted(error)) throw error;
      }
      const now = (await threads.create(threadId)).life;
      // The list has run out in a life that goes on: that is over, and another begins.
      if (now === life) await threads.delete(threadId, { life });
      else life = now;
    }
    throw new ContentionError(`Too many begin the list ${key} anew at once.`);
  }
}

function shown({ value, indexed }: Listed, index: number): unknown {
  return indexed ? { ...(value as object), index } : value;
}
