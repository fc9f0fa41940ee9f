import type { Store } from "@perdure/checkpoint-core";
import type { DurableAgent } from "@perdure/inngest-bridge/agent";

/** The world outside of the store, as an agent of the scenarios meets it. */
export interface Outside {
  /** The model is asked: to be awaited ahead of each answer. It may never come back. */
  readonly ask: () => Promise<void>;
  /** A tool has done its work. Its name is another one for each piece of work of the run. */
  readonly did: (effect: string) => void;
}

/**
 * What a framework brings to the scenarios: an agent whose run does some work, waits for a person at least once (every call that waits is agreed to), and answers. Its model answers by what it is
 * asked, never by how often, so that any process can go on.
 */
export interface Framework {
  readonly name: string;
  /** The module that exports this as `framework`: other processes load it. Nothing that it imports may load Inngest, except AgentKit's package, which does. */
  readonly module: URL;
  readonly prompt: string;
  readonly agent: (outside: Outside) => DurableAgent;
  /** What a run needs that nothing happens to. */
  readonly needs: {
    readonly models: number;
    readonly effects: readonly string[];
    readonly messages: number;
    readonly response: string;
  };
  /** The conversation, where it is not the thread's history as it stands there. */
  readonly messages?: (store: Store, threadId: string) => Promise<readonly unknown[]>;
  /** Of the requests of a run, each which one is lost in turn, with checkpointing on and off: every one when not given. For a framework whose passes take long. */
  readonly every?: readonly [on: number, off: number];
}
