import type { Message } from "@perdure/checkpoint-core";

/** The adapter's name on what it keeps beside a message. */
export const USE_AGENT = "use-agent";

/** What is kept beside a message that a client sent. */
export interface Sent {
  /** The client's own id of the message. */
  readonly id: string;
  /** The run that it started. */
  readonly runId: string;
  /** The state of the client's page when it was sent. */
  readonly state?: Readonly<Record<string, unknown>>;
}

/** What is kept beside a message; `undefined` for one that came another way. */
export function sentIn(message: Message): Sent | undefined {
  if (message.role !== "user" || message.native?.of !== USE_AGENT) return undefined;
  return message.native.value as Sent;
}
