import type { Message } from "../message.ts";

/** A way to keep a thread that grows. */
export interface Keeper {
  /** Keeps the thread with the message that is its last one now. */
  readonly save: (messages: readonly Message[]) => Promise<unknown>;
  /** The messages as they were kept last. */
  readonly load: () => Promise<unknown>;
}
