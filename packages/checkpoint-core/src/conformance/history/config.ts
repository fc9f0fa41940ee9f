import type { AgentResultClass, AgentResultLike, StepLike } from "../../agentkit/contract.ts";
import { type Case, defineCase } from "../case.ts";

/** AgentKit's state, as hooks see it. */
export interface NetworkState {
  readonly data: unknown;
  threadId?: string;
}

/** What AgentKit hands to each hook. */
export interface ConfigContext {
  readonly state: NetworkState;
  readonly network: object;
  readonly input: string;
  readonly threadId?: string;
  readonly step?: StepLike;
}

/** What AgentKit hands over of a user's message. */
export interface UserMessage {
  readonly id: string;
  readonly content: string;
  readonly role: "user";
  readonly timestamp: Date;
}

/**
 * A `HistoryConfig` of AgentKit, whatever its types call the contexts: each hook is given a {@link ConfigContext}, `appendUserMessage` one with `userMessage`,
 * `appendResults` one with `newResults`; `createThread` answers a `threadId`, `get` results.
 */
export interface ConfigHooks {
  createThread?(context: never): unknown;
  get?(context: never): unknown;
  appendUserMessage?(context: never): unknown;
  appendResults?(context: never): unknown;
}

/** What the cases for AgentKit's histories run on: hooks on storage with nothing in it. */
export interface HistoryConfigSubject {
  readonly history: ConfigHooks;
  /** Other hooks on the same storage, as another process would have them; where there are none, the one stands for both. */
  readonly another?: () => Promise<ConfigHooks>;
  /** Hooks on the same storage for this user. Where there are none, the case of ownership fails: waive it, and check the owner elsewhere. */
  readonly as?: (user: string) => Promise<ConfigHooks>;
}

/** A network that talks with a history, as AgentKit's `network.run` does it. */
export interface Talk {
  /** One run: the user's message, what was read for the prompt, and the agents' results. */
  run(
    message: UserMessage,
    results: readonly AgentResultLike[],
    step?: StepLike,
  ): Promise<readonly AgentResultLike[]>;
  /** What a run that starts now reads. */
  read(): Promise<readonly AgentResultLike[]>;
}

/** Makes talks and results. */
export interface ConfigBench {
  readonly subject: HistoryConfigSubject;
  readonly AgentResult: AgentResultClass<AgentResultLike>;
  readonly talk: (hooks: ConfigHooks, threadId: string) => Talk;
  /** The same hooks, and others on the same storage. */
  readonly both: () => Promise<readonly [ConfigHooks, ConfigHooks]>;
  /** A result as an agent gives it, in text. */
  readonly result: (agent: string, id: string, text: string, at?: number) => AgentResultLike;
}

/** When things happen in these cases. */
export const THEN = 1_700_000_000_000;

/** A user's message. */
export function says(id: string, content: string, at: number = THEN): UserMessage {
  return { id, content, role: "user", timestamp: new Date(at) };
}

/** The texts of what was read, each behind who said it. */
export function texts(results: readonly AgentResultLike[]): readonly string[] {
  return results.map(({ agentName, output }) => `${agentName}: ${textOf(output)}`);
}

/** A case with AgentKit's class of results at hand. */
export function configCase(
  id: string,
  title: string,
  run: (bench: ConfigBench) => Promise<void>,
): (AgentResult: AgentResultClass<AgentResultLike>) => Case<HistoryConfigSubject> {
  return (AgentResult) =>
    defineCase(`history-config.${id}`, title, async (subject) => {
      await run({
        subject,
        AgentResult,
        talk,
        both: async () => [subject.history, (await subject.another?.()) ?? subject.history],
        result: (agent, resultId, text, at = THEN) =>
          new AgentResult(
            agent,
            [{ type: "text", role: "assistant", content: text, stop_reason: "stop" }] as never,
            [] as never,
            new Date(at),
            undefined,
            undefined,
            undefined,
            resultId,
          ),
      });
    });
}

function talk(hooks: ConfigHooks, threadId: string): Talk {
  const context = (input: string, step?: StepLike): ConfigContext => {
    const plain = { state: { data: {}, threadId }, network: {}, input, threadId };
    return step ? { ...plain, step } : plain;
  };
  return {
    async run(userMessage, newResults, step) {
      const shared = context(userMessage.content, step);
      await hooks.createThread?.(shared as never);
      await hooks.appendUserMessage?.({ ...shared, userMessage } as never);
      const read = (await hooks.get?.(shared as never)) as readonly AgentResultLike[];
      await hooks.appendResults?.({ ...shared, newResults } as never);
      return read;
    },
    async read() {
      return (await hooks.get?.(context("next") as never)) as readonly AgentResultLike[];
    },
  };
}

function textOf(output: unknown): string {
  return (output as readonly { readonly content?: unknown }[])
    .map(({ content }) => (typeof content === "string" ? content : JSON.stringify(content)))
    .join(" ");
}
