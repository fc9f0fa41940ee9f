import { ThreadStateStorage } from "@mastra/core/storage";
import type { Store } from "@perdure/checkpoint-core";
import { change, clear, placeOf, present } from "./place.ts";

interface States {
  readonly values: Readonly<Record<string, unknown>>;
}

/** What Mastra's agents keep of a conversation (tasks, goals), in a store. */
export class StoreThreadState extends ThreadStateStorage {
  readonly #store: Store;

  constructor(store: Store) {
    super();
    this.#store = store;
  }

  override async init(): Promise<void> {
    await this.#store.setup();
  }

  override async getState<T>({ threadId, type }: Of): Promise<T | undefined> {
    const states = await present<States>(this.#store, placeOf("state", threadId));
    const { values = {} } = states ?? {};
    return Object.hasOwn(values, type) ? (values[type] as T) : undefined;
  }

  override async setState({
    threadId,
    type,
    value,
  }: Of & { readonly value: unknown }): Promise<void> {
    await change<States>(this.#store, placeOf("state", threadId), (states) => ({
      values: { ...states?.values, [type]: value },
    }));
  }

  override async deleteState({ threadId, type }: Of): Promise<void> {
    await change<States>(this.#store, placeOf("state", threadId), (states) => {
      if (!states || !Object.hasOwn(states.values, type)) return undefined;
      const { [type]: _, ...values } = states.values;
      return { values };
    });
  }

  override async dangerouslyClearAll(): Promise<void> {
    await clear(this.#store, "state");
  }
}

interface Of {
  readonly threadId: string;
  readonly type: string;
}
