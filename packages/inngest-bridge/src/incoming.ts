import { digestOf, type Message } from "@perdure/checkpoint-core";
import type { Ask } from "./take.ts";

/** A message as any agent takes it: what a caller keeps beside the user's own stays in the history. */
export function plainMessage(message: Message): Message {
  if (message.role !== "user" || message.native === undefined) return message;
  return { role: "user", content: message.content };
}

/** The id of what a run was started with, where no event has one: another one than the run's own, which is that of what the run says. */
export function startOf(runId: string): string {
  return `start:${digestOf(runId).slice(0, 32)}`;
}

/**
 * The user's message under the event's id, with the conversation that a caller brings along: the run that takes the thread writes both, the conversation only where the
 * thread has none yet.
 */
export function incoming(
  {
    prompt,
    messages,
  }: {
    readonly prompt?: string | undefined;
    readonly messages?: readonly Message[] | undefined;
  },
  id: string,
): Ask["message"] {
  if (!messages)
    return prompt === undefined ? undefined : { id, value: { role: "user", content: prompt } };
  const ahead = messages.slice(0, -1).map((value, place) => ({ id: `${id}:${place}`, value }));
  return { id, value: messages.at(-1), ...(ahead.length === 0 ? {} : { ahead }) };
}
