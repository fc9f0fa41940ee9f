import type { Store } from "@perdure/checkpoint-core";
import { type Message, newMessage } from "./message.ts";

/** The thread that is measured. */
export const THREAD = "conversation-1";

/** A thread to which messages are appended one after the other, each a checkpoint of its own under an operation id. */
export interface Conversation {
  append(message: Message): Promise<void>;
}

/** Starts a thread with an empty list of messages. */
export async function startConversation(
  { checkpoints }: Store,
  threadId: string = THREAD,
): Promise<Conversation> {
  let parentId = await checkpoints.put(threadId, { messages: [] }, { operationId: operation(0) });
  let count = 0;
  return {
    async append(message) {
      count += 1;
      parentId = await checkpoints.append(threadId, {
        parentId,
        changes: [{ path: ["messages"], append: [message] }],
        operationId: operation(count),
      });
    },
  };
}

/** Appends so many messages and returns what their JSON weighs. */
export async function grow(conversation: Conversation, messages: number): Promise<number> {
  let bytes = 0;
  for (let count = 0; count < messages; count += 1) {
    const message = newMessage();
    bytes += JSON.stringify(message).length;
    await conversation.append(message);
  }
  return bytes;
}

/** An operation id as a durable step makes it: the execution's id, the hashed step and the ordinal in it. */
export function operation(count: number): string {
  return `01J8Z3X9V7Q2M5N4K6P1R0S8T2:${count.toString(16).padStart(16, "0")}:0`;
}
