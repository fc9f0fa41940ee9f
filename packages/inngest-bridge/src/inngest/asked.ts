import { randomUUID } from "node:crypto";
import { StorageError } from "@perdure/checkpoint-core";
import { meant } from "../meant.ts";
import { RUN_OPTIONS, runOptionsIn } from "../runOptions.ts";
import { CALLBACKS, type RunCallbacks } from "../streams/callbacks.ts";
import type { DecideOptions, StartOptions } from "../target.ts";
import type { Asked, StreamOptions } from "./runCalls.ts";

/** Options of `@mastra/inngest` that we don't take, and what there is instead. */
const REFUSED: Readonly<Record<string, string>> = {
  toolsets: "`tools` chooses among the agent's, `clientTools` adds what the caller carries out",
  resourceId: "`scope` says whose thread it is",
  includeRawChunks: "a model function says what it wants to be shown",
  maxProcessorRetries: "there are no processors",
  untilIdle: "the stream goes on until the run comes to rest",
  mastra: "the store and the Inngest client are given to createInngestAgent",
  pubsub: "`publishers` says where events go",
  cache: "events are kept in the store",
};

/** What other libraries call an option, where the call has it. */
const CALLED: Readonly<Record<string, string>> = {
  message: "prompt",
  input: "prompt",
  thread: "threadId",
  userId: "scope",
  system: "instructions",
  systemPrompt: "instructions",
};

const CALL_OPTIONS = [
  "threadId",
  "memory",
  "runId",
  "metadata",
  "scope",
  "data",
  "requestContext",
  "autoResumeSuspendedTools",
];

const STREAM_OPTIONS: ReadonlySet<string> = new Set([
  ...CALL_OPTIONS,
  ...CALLBACKS,
  ...RUN_OPTIONS,
]);

const START_OPTIONS: ReadonlySet<string> = new Set([
  "threadId",
  "prompt",
  "messages",
  "metadata",
  "runId",
  "scope",
  "data",
  "requestContext",
  ...RUN_OPTIONS,
]);

/** Refuses an option that `start` does not have, by its name. */
export function refuseStart(options: StartOptions): void {
  refuseUnknown("start", options, START_OPTIONS);
}

/** What a decision from trusted code is given, beside the decision. */
export const DECIDE_OPTIONS: ReadonlySet<string> = new Set<keyof DecideOptions>([
  "threadId",
  "approvalId",
  "callId",
  "runId",
  "by",
  "digest",
  "shown",
  "life",
  "scope",
  "data",
]);

/** What is listened with. */
export const OBSERVE_OPTIONS: ReadonlySet<string> = new Set(["offset", "scope", ...CALLBACKS]);

/** What a run is named with, by whoever looks at it. */
export const STATUS_OPTIONS: ReadonlySet<string> = new Set(["runId", "scope", "data"]);

/** The same, by whoever ends it. */
export const CANCEL_OPTIONS: ReadonlySet<string> = new Set([...STATUS_OPTIONS, "reason"]);

const MEMORY_OPTIONS: ReadonlySet<string> = new Set(["threadId"]);

/** Refuses an option that we don't know, by its name: it would be ignored in silence. */
export function refuseUnknown(
  call: string,
  options: object,
  known: ReadonlySet<string> = STREAM_OPTIONS,
): void {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new StorageError("INVALID_ARGUMENT", `${call} takes its options as an object.`);
  const unknown = Object.keys(options).find((name) => !known.has(name));
  if (unknown === undefined) return;
  throw new StorageError(
    "INVALID_ARGUMENT",
    `${call} has no option "${unknown}"${meant(REFUSED, unknown) || calledIn(known, unknown)}.`,
  );
}

function calledIn(known: ReadonlySet<string>, option: string): string {
  const name = Object.hasOwn(CALLED, option) ? CALLED[option] : undefined;
  return name !== undefined && known.has(name) ? `: it is called ${name}` : "";
}

/** What `start` takes of what was asked in words. */
export function startOptions(
  call: string,
  messages: Asked,
  options: StreamOptions,
): StartOptions & { readonly runId: string } {
  refuseUnknown(call, options);
  callbacksIn(options);
  const { metadata, scope, data, requestContext, runId = randomUUID() } = options;
  const threadId = threadOf(options);
  return {
    // What is no id is refused where all of them are.
    threadId: threadId === undefined ? runId : threadId,
    runId,
    ...said(messages),
    ...runOptionsIn({ ...options }),
    ...definedOnly({ metadata, scope, data, requestContext }),
  };
}

/** The thread that the options name. */
export function threadOf({ threadId, memory }: StreamOptions): string | undefined {
  if (memory === undefined) return threadId;
  refuseUnknown("memory", memory, MEMORY_OPTIONS);
  if (threadId !== undefined && threadId !== memory.threadId)
    throw new StorageError("INVALID_ARGUMENT", "threadId and memory.threadId name two threads.");
  return memory.threadId;
}

function said(messages: Asked): Pick<StartOptions, "prompt" | "messages"> {
  if (typeof messages === "string") return { prompt: messages };
  return { messages: isList(messages) ? messages : [messages] };
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

/** The callbacks among other options. */
export function callbacksIn(options: RunCallbacks): RunCallbacks {
  const given = CALLBACKS.flatMap((name) => {
    const callback: unknown = options[name];
    if (callback === undefined) return [];
    if (typeof callback !== "function")
      throw new StorageError("INVALID_ARGUMENT", `${name} must be a function.`);
    return [[name, callback] as const];
  });
  return Object.fromEntries(given);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields that have a value. */
export function definedOnly<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}
