import { randomUUID } from "node:crypto";
import { checkGiven, type DecideResult, StorageError } from "@perdure/checkpoint-core";
import { refuseOptions } from "./askedOf.ts";
import { incoming, plainMessage, startOf } from "./incoming.ts";
import {
  callbacksIn,
  CANCEL_OPTIONS,
  definedOnly,
  OBSERVE_OPTIONS,
  refuseStart,
  refuseUnknown,
  STATUS_OPTIONS,
} from "./inngest/asked.ts";
import { type Decide, decisionCalls } from "./decisionCalls.ts";
import { deleteThread } from "./inngest/deleting.ts";
import { runProblem } from "./inngest/problems.ts";
import { scoped } from "./inngest/scope.ts";
import { checkData } from "./inngest/sending.ts";
import { checkSilence, type LocalRunOptions } from "./local.ts";
import { type Working, Works } from "./localWorks.ts";
import { refuseNothing } from "./nothingAsked.ts";
import { recordDecision } from "./recordDecision.ts";
import type { RunInput } from "./runInput.ts";
import { runOptionsIn } from "./runOptions.ts";
import { approvalsOf, isReady } from "./streams/ending.ts";
import { storePublisher } from "./streams/publisher.ts";
import { tellRest } from "./streams/stepStream.ts";
import { listen } from "./streams/subscription.ts";
import { storedRun } from "./streams/watch.ts";
import { cancelBelow } from "./subagents/below.ts";
import { closeAsked } from "./subagents/closing.ts";
import type { CalledAgent, DecideOptions, StartOptions, StartResult, Target } from "./target.ts";

/** What a local agent is made of. */
export interface LocalAgentOptions extends Working, Pick<LocalRunOptions, "store"> {}

/** An agent whose runs are worked on in this process. */
export interface LocalAgent extends CalledAgent, AsyncDisposable {
  /** Gives the model an answer in place of the tool's result. */
  answer(options: DecideOptions & { readonly value: unknown }): Promise<DecideResult>;
  /** Works on a run: one whose process has died, or one that has failed. Resolves when that has begun. Throws `NOT_FOUND`. */
  resume(options: Pick<Target, "scope"> & { readonly runId: string }): Promise<void>;
  /** Resolves when nothing is worked on here. */
  idle(): Promise<void>;
}

/**
 * An agent behind the calls of `createInngestAgent`, without Inngest: `start` returns when the run is recorded, and this process works on it; a decision goes on with it, in whatever process it is made. The
 * runs of one thread come one after the other. Nothing is tried again by itself, no deadline is watched, and a run whose process dies stays until somebody calls `resume`. Disposing waits for what is
 * worked on. Throws `INVALID_ARGUMENT` without a store.
 */
export function localAgent(options: LocalAgentOptions): LocalAgent {
  checkGiven("localAgent", options, { agent: "object", store: "store" }, OPTIONS);
  const { agent, store } = options;
  checkWorking(options);
  const works = new Works(options);
  const decide: Decide = async (at, decision) => {
    const own = scoped({ store }, at);
    const decided = await recordDecision(agent, own, at, decision);
    if (decided.wake) works.goOn(own, decided.wake);
    return decided;
  };
  const made: LocalAgent = {
    name: agent.name,
    start: async (given) => start(works, options, given),
    ...decisionCalls(decide),
    async cancel(asked) {
      refuseUnknown("cancel", asked, CANCEL_OPTIONS);
      const { runId, reason, scope } = asked;
      const own = scoped({ store }, { scope });
      const settled = await own.runs.cancel(runId, definedOnly({ reason }));
      await tellRest(storePublisher(), own, settled.run);
      await cancelBelow(own, settled.run, async (next) => works.goOn(own, next));
      await closeAsked(own, settled.run, async (next) => works.goOn(own, next));
      if (settled.next) works.goOn(own, { threadId: settled.run.threadId, ...settled.next });
      return settled;
    },
    deleteThread: async (given) => deleteThread({ store }, async (one) => made.cancel(one), given),
    async status(asked) {
      refuseUnknown("status", asked, STATUS_OPTIONS);
      const { runId, scope } = asked;
      const own = scoped({ store }, { scope });
      const run = await own.runs.get(runId);
      if (!run) return undefined;
      const pending = (await approvalsOf(own, run)).filter(({ status }) => status === "pending");
      return { run, pending, isReady: isReady(run, pending.length) };
    },
    async observe(runId, asked = {}) {
      refuseUnknown("observe", asked, OBSERVE_OPTIONS);
      const { offset = 0, scope, ...rest } = asked;
      if (!Number.isSafeInteger(offset) || offset < 0)
        throw new StorageError("INVALID_ARGUMENT", "offset must be a whole number from 0 on.");
      const own = scoped({ store }, { scope });
      const { threadId } = await storedRun(own, runId);
      const abort = async (reason?: string): Promise<void> => {
        await made.cancel({ runId, ...definedOnly({ reason, scope }) });
      };
      return listen({ store: own, runId, threadId, offset, callbacks: callbacksIn(rest), abort });
    },
    async resume(asked) {
      refuseUnknown("resume", asked, STATUS_OPTIONS);
      const { runId, scope } = asked;
      const own = scoped({ store }, { scope });
      works.goOn(own, { runId, threadId: (await storedRun(own, runId)).threadId });
    },
    idle: async () => works.idle(),
    [Symbol.asyncDispose]: async () => works.idle(),
  };
  return made;
}

function checkWorking({ silenceMs, onError }: LocalAgentOptions): void {
  checkSilence(silenceMs);
  if (onError !== undefined) checkGiven("localAgent", { onError }, { onError: "function" });
}

const OPTIONS: ReadonlySet<string> = new Set<keyof LocalAgentOptions>([
  "agent",
  "store",
  "silenceMs",
  "onError",
]);

async function start(
  works: Works,
  { agent, store }: LocalAgentOptions,
  given: StartOptions,
): Promise<StartResult> {
  refuseStart(given);
  const { threadId, prompt, messages, metadata, runId = randomUUID(), data = {} } = given;
  checkData(data);
  const problem = runProblem(definedOnly({ prompt, messages, metadata, threadId, runId }));
  if (problem !== undefined) throw new StorageError("INVALID_ARGUMENT", problem);
  const options = runOptionsIn({ ...given });
  if (options) refuseOptions(agent, options);
  const own = scoped({ store }, given);
  await refuseNothing(agent, own, {
    threadId,
    runId,
    ...definedOnly({ prompt, messages, options }),
  });
  const input: RunInput = {
    agent: agent.name,
    ...definedOnly({ prompt, messages: messages?.map(plainMessage), metadata, options }),
    ...(Object.keys(data).length === 0 ? {} : { fields: data }),
  };
  const message = incoming({ prompt, messages }, startOf(runId));
  const started = await own.runs.start(threadId, { runId, input, ...definedOnly({ message }) });
  if (started.status === "rejected") return { runId, threadId, status: "rejected" };
  const { status, life } = started.run;
  if (status !== "queued") return { runId, threadId, status };
  works.goOn(own, { runId, threadId, life, isNew: true }, given.requestContext);
  return { runId, threadId, status: started.status };
}
