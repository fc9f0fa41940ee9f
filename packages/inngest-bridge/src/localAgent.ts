import { randomUUID } from "node:crypto";
import {
  checkGiven,
  type DecideResult,
  type Decision,
  type Run,
  StorageError,
  type Store,
} from "@perdure/checkpoint-core";
import type { DurableAgent } from "./agent.ts";
import { refuseOptions } from "./askedOf.ts";
import { incoming, plainMessage, startOf } from "./incoming.ts";
import { callbacksIn, definedOnly, refuseStart } from "./inngest/asked.ts";
import { deleteThread } from "./inngest/deleting.ts";
import { runProblem } from "./inngest/problems.ts";
import { runName } from "./inngest/requestContexts.ts";
import { scoped } from "./inngest/scope.ts";
import { threadName } from "./inngest/threadName.ts";
import { type LocalRunOptions, runLocally } from "./local.ts";
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
export interface LocalAgentOptions extends Pick<LocalRunOptions, "store" | "silenceMs"> {
  readonly agent: DurableAgent;
  /** Told why a run has failed here, or could not be worked on. The run's outcome says the first. What it throws itself is told to nobody, and holds nothing up. */
  readonly onError?: (
    error: unknown,
    of: { readonly runId: string; readonly threadId: string },
  ) => void;
}

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
  checkGiven("localAgent", options, { agent: "object", store: "store" });
  const { agent, store } = options;
  const works = new Works(options);
  const decide = async (at: DecideOptions, decision: Decision): Promise<DecideResult> => {
    const own = scoped({ store }, at);
    const decided = await recordDecision(agent, own, at, decision);
    if (decided.wake) works.goOn(own, decided.wake);
    return decided;
  };
  const made: LocalAgent = {
    name: agent.name,
    start: async (given) => start(works, options, given),
    approve: async ({ input, ...at }) => decide(at, { kind: "approve", ...definedOnly({ input }) }),
    deny: async ({ reason, ...at }) => decide(at, { kind: "deny", ...definedOnly({ reason }) }),
    async answer({ value, ...at }) {
      if (value === undefined)
        throw new StorageError("INVALID_ARGUMENT", "answer needs a value: what the model is told.");
      return decide(at, { kind: "answer", value });
    },
    async cancel({ runId, reason, scope }) {
      const own = scoped({ store }, { scope });
      const settled = await own.runs.cancel(runId, definedOnly({ reason }));
      await tellRest(storePublisher(), own, settled.run);
      await cancelBelow(own, settled.run, async (next) => works.goOn(own, next));
      await closeAsked(own, settled.run, async (next) => works.goOn(own, next));
      if (settled.next) works.goOn(own, { threadId: settled.run.threadId, ...settled.next });
      return settled;
    },
    deleteThread: async (given) => deleteThread({ store }, async (one) => made.cancel(one), given),
    async status({ runId, scope }) {
      const own = scoped({ store }, { scope });
      const run = await own.runs.get(runId);
      if (!run) return undefined;
      const pending = (await approvalsOf(own, run)).filter(({ status }) => status === "pending");
      return { run, pending, isReady: isReady(run, pending.length) };
    },
    async observe(runId, { offset = 0, scope, ...rest } = {}) {
      if (!Number.isSafeInteger(offset) || offset < 0)
        throw new StorageError("INVALID_ARGUMENT", "offset must be a whole number from 0 on.");
      const own = scoped({ store }, { scope });
      const { threadId } = await storedRun(own, runId);
      const abort = async (reason?: string): Promise<void> => {
        await made.cancel({ runId, ...definedOnly({ reason, scope }) });
      };
      return listen({ store: own, runId, threadId, offset, callbacks: callbacksIn(rest), abort });
    },
    async resume({ runId, scope }) {
      const own = scoped({ store }, { scope });
      works.goOn(own, { runId, threadId: (await storedRun(own, runId)).threadId });
    },
    idle: async () => works.idle(),
    [Symbol.asyncDispose]: async () => works.idle(),
  };
  return made;
}

async function start(
  works: Works,
  { agent, store }: LocalAgentOptions,
  given: StartOptions,
): Promise<StartResult> {
  refuseStart(given);
  const { threadId, prompt, messages, metadata, runId = randomUUID(), data = {} } = given;
  const problem = runProblem(definedOnly({ prompt, messages, threadId, runId }));
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

/** What this process works on: one run of a thread at a time, in the order in which it was asked to. */
class Works {
  readonly #options: LocalAgentOptions;
  readonly #last = new Map<string, Promise<void>>();
  /** What came along with runs, until they have ended or failed. */
  readonly #contexts = new Map<string, unknown>();

  constructor(options: LocalAgentOptions) {
    this.#options = options;
  }

  /** Works on the run behind what is worked on of its thread, and then on those that are next there. */
  goOn(store: Store, of: Of, requestContext?: unknown): void {
    const { life } = of;
    if (requestContext !== undefined && life !== undefined)
      this.#contexts.set(runName(store, { ...of, life }), requestContext);
    const name = threadName(store, of.threadId);
    const before = this.#last.get(name) ?? Promise.resolve();
    const work = before.then(async () => this.#work(store, of));
    this.#last.set(name, work);
    void work.finally(() => {
      if (this.#last.get(name) === work) this.#last.delete(name);
    });
  }

  async idle(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values());
  }

  async #work(store: Store, first: Of): Promise<void> {
    const { threadId } = first;
    let at: Of | undefined = first;
    while (at) {
      const { runId } = at;
      try {
        await this.#run(store, at);
        at = this.#nextOf(await store.runs.holding(threadId), runId);
      } catch (error) {
        this.#tell(error, { runId, threadId });
        at = undefined;
      }
    }
  }

  async #run(store: Store, { runId, threadId, isNew = false }: Of): Promise<void> {
    // Started twice, it may have failed meanwhile: that is tried again by `resume` alone.
    const { status: found, life = 0 } = (await store.runs.get(runId)) ?? {};
    if (isNew && found !== "queued") return;
    const { agent, silenceMs } = this.#options;
    const context = runName(store, { runId, threadId, life });
    const requestContext = this.#contexts.get(context);
    const more = definedOnly({ silenceMs, requestContext });
    try {
      const { status } = await runLocally(agent, { store, threadId, runId, ...more });
      if (status === "completed" || status === "ended") this.#contexts.delete(context);
    } catch (error) {
      this.#contexts.delete(context);
      this.#tell(error, { runId, threadId });
    }
  }

  #tell(error: unknown, of: { readonly runId: string; readonly threadId: string }): void {
    try {
      this.#options.onError?.(error, of);
    } catch {
      // The other runs of the thread have nothing to do with it.
    }
  }

  /** The run that has the thread now and that nobody works on, where it is one of this agent. */
  #nextOf(run: Run | undefined, runId: string): Of | undefined {
    if (run?.status !== "queued" || run.id === runId) return undefined;
    const { agent } = (run.input ?? {}) as Partial<RunInput>;
    return agent === this.#options.agent.name
      ? { runId: run.id, threadId: run.threadId }
      : undefined;
  }
}

interface Of {
  readonly runId: string;
  readonly threadId: string;
  /** Said with what came along. */
  readonly life?: number;
  /** It has not begun. */
  readonly isNew?: boolean;
}
