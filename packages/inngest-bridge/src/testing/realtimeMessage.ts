import type { Json } from "./canonical.ts";

/** What was published on a channel, whether or not anybody was subscribed. */
export interface RealtimeMessage {
  readonly channel: string;
  readonly topic: string;
  readonly data: Json;
  /** The run that published it, where it was one. */
  readonly runId?: string;
  readonly at: number;
}

/** Somebody who hears what is published on some topics of a channel, as text, from now on. */
export interface Subscriber {
  readonly topics: readonly { readonly channel: string; readonly name: string }[];
  readonly hear: (message: string) => void;
}
