import type { Store } from "@perdure/checkpoint-core";
import { operation, startConversation } from "../conversation.ts";
import type { Message } from "../message.ts";
import type { Keeper } from "./keeper.ts";

/** Keeps a thread by sending what is new. */
export async function appending(store: Store, threadId: string): Promise<Keeper> {
  const conversation = await startConversation(store, threadId);
  return {
    async save(messages) {
      for (const message of messages.slice(-1)) await conversation.append(message);
    },
    load: () => loaded(store, threadId),
  };
}

/** Keeps a thread by putting the whole of it each time. */
export function putting(store: Store, threadId: string): Keeper {
  return {
    save: (messages) =>
      store.checkpoints.put(threadId, { messages }, { operationId: operation(messages.length) }),
    load: () => loaded(store, threadId),
  };
}

/** The messages of its head. */
export async function loaded({ checkpoints }: Store, threadId: string): Promise<unknown> {
  return (await checkpoints.get<{ readonly messages: readonly Message[] }>(threadId))?.messages;
}
