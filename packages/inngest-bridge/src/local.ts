import { randomUUID } from "node:crypto";
import { checkGiven, type Message, StorageError, type Store } from "@perdure/checkpoint-core";
import type { DurableAgent } from "./agent.ts";
import { refuseOptions } from "./askedOf.ts";
import type { Host } from "./host.ts";
import { startOf } from "./incoming.ts";
import { definedOnly } from "./inngest/asked.ts";
import { runProblem } from "./inngest/problems.ts";
import type { RunReport } from "./report.ts";
import { refuseNothing } from "./nothingAsked.ts";
import { type RunOptions, runOptionsIn } from "./runOptions.ts";
import { describe } from "./steps/failure.ts";
import type { StepTools } from "./steps/tools.ts";
import { storePublisher } from "./streams/publisher.ts";
import { tellRest } from "./streams/stepStream.ts";
import type { RunInput } from "./runInput.ts";
import { work } from "./work.ts";

/** A run in this process. */
export interface LocalRunOptions {
  readonly store: Store;
  readonly threadId: string;
  readonly prompt?: string;
  readonly messages?: readonly Message[];
  /** What is asked of this run beside what the agent is; a run that goes on has what it began with. */
  readonly options?: RunOptions;
  /** For the tools, and never stored. */
  readonly requestContext?: unknown;
  /** Names the run. The same id again goes on with it: after a decision, after a crash. A new one when not given. */
  readonly runId?: string;
  /** How long this process may be silent before another takes the run over, in milliseconds; 30 seconds when not given. */
  readonly silenceMs?: number;
}

const SILENCE_MS = 30_000;

const OPTIONS: ReadonlySet<string> = new Set<keyof LocalRunOptions>([
  "store",
  "threadId",
  "prompt",
  "messages",
  "options",
  "requestContext",
  "runId",
  "silenceMs",
]);

/**
 * Runs an agent in this process, without Inngest and with the same store: a run that suspends here can be finished there, and the other way round. Nothing is
 * retried: the first failure fails the run and is thrown; the same run id again goes on after the last thing that was stored.
 */
export async function runLocally(
  agent: DurableAgent,
  options: LocalRunOptions,
): Promise<RunReport> {
  checkGiven("runLocally", { agent }, { agent: "object" });
  checkGiven("runLocally", options, { store: "store" }, OPTIONS);
  const { threadId, prompt, messages, runId = randomUUID(), silenceMs } = options;
  const problem = runProblem(definedOnly({ threadId, runId, prompt, messages }));
  if (problem !== undefined) throw new StorageError("INVALID_ARGUMENT", problem);
  checkSilence(silenceMs);
  const execution = `local-${randomUUID()}`;
  const host = localHost(options, execution);
  const input = localInput(agent, options);
  await refuseNothing(agent, options.store, { ...input, threadId, runId });
  const value =
    messages?.at(-1) ?? (prompt === undefined ? undefined : { role: "user", content: prompt });
  const message = value === undefined ? {} : { message: { id: startOf(runId), value } };
  try {
    const ask = { verb: "begin", threadId, runId, event: runId, input, ...message } as const;
    return await work(host, agent, ask);
  } catch (error) {
    await recordFailure(host, { threadId, runId }, error);
    throw error;
  }
}

/** Refuses what is no number of milliseconds. */
export function checkSilence(silenceMs: unknown = 1): void {
  if (!Number.isSafeInteger(silenceMs) || Number(silenceMs) < 1)
    throw new StorageError("INVALID_ARGUMENT", "silenceMs must be a whole number of at least 1.");
}

function localInput(
  agent: DurableAgent,
  { prompt, messages, options = {} }: LocalRunOptions,
): RunInput {
  const checked = runOptionsIn({ ...options });
  if (checked) refuseOptions(agent, checked);
  return {
    agent: agent.name,
    ...(prompt === undefined ? {} : { prompt }),
    ...(messages === undefined ? {} : { messages }),
    ...(checked === undefined ? {} : { options: checked }),
  };
}

async function recordFailure(
  { store, execution, publisher }: Host,
  { threadId, runId }: { readonly threadId: string; readonly runId: string },
  error: unknown,
): Promise<void> {
  const outcome = { status: "failed", error: describe(error) } as const;
  const settled = await store.runs.notice(threadId, { runId, execution, outcome });
  if (settled) await tellRest(publisher, store, settled.run);
}

function localHost(
  { store, silenceMs = SILENCE_MS, requestContext }: LocalRunOptions,
  execution: string,
): Host {
  const tools: StepTools = {
    run: async (_step, body) => body(),
    sleep: async (_id, ms) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
    },
  };
  return {
    store,
    tools,
    inngest: undefined,
    infer: undefined,
    meter: undefined,
    execution,
    attempt: 0,
    maxAttempts: 1,
    silenceMs,
    backOffMs: () => 0,
    wake: async () => undefined,
    waiting: undefined,
    approvalTtlMs: undefined,
    watchDeadlines: async () => undefined,
    publisher: storePublisher(),
    requestContext: () => requestContext,
    callbacks: undefined,
  };
}
