import { checkGiven, digestOf, type Scope } from "@perdure/checkpoint-core";
import {
  type Publisher,
  type RunEvent,
  ShownRun,
  storePublisher,
  type StreamedRun,
  streamOf,
} from "@perdure/inngest-bridge/agent";
import { type Inngest, staticSchema } from "inngest";
import { type Realtime, realtime } from "inngest/realtime";
import { channelName, TOPIC } from "./channel.ts";
import { type AgentKitChunk, AgentKitChunks } from "./chunks.ts";

/** Runs whose place is remembered. */
const MAX_RUNS = 1000;
const PAGE = 200;

/** A user's channel. */
export type UserChannel = Realtime.ChannelInstance<
  string,
  { readonly agent_stream: { readonly schema: ReturnType<typeof staticSchema<AgentKitChunk>> } }
>;

/** The channel of all that is said on a user's threads. Its name tells nothing of the user. */
export function userChannel(scope: Scope): UserChannel {
  checkGiven("userChannel", { scope }, { scope: "object" });
  const name = channelName(scope);
  return realtime.channel({ name, topics: { [TOPIC]: { schema: staticSchema<AgentKitChunk>() } } });
}

/**
 * Puts what is said of runs into the store, and over Inngest Realtime in AgentKit's format: into the channel of the thread's owner, each event at least once, by its number. For
 * `publishers` of `createInngestAgent`, in place of `storePublisher`.
 */
export function useAgentPublisher(
  inngest: Pick<Inngest.Any, "realtime">,
  { ttlMs }: { readonly ttlMs?: number } = {},
): Publisher {
  checkGiven("useAgentPublisher", { inngest }, { inngest: "object" });
  const stored = storePublisher(ttlMs === undefined ? {} : { ttlMs });
  const told = new Map<string, Telling>();
  return {
    async publish(run, events, options) {
      await stored.publish(run, events, options);
      const key = digestOf([run.store.scope.tenant ?? null, run.threadId, run.life, run.runId]);
      const telling = told.get(key) ?? new Telling(run);
      told.delete(key);
      told.set(key, telling);
      const [oldest] = told.keys();
      if (told.size > MAX_RUNS && oldest !== undefined) told.delete(oldest);
      await telling.tell(inngest);
      if (events.at(-1)?.event === "stream.ended") told.delete(key);
    },
  };
}

/** A run as it has been told so far, read from its stored stream: so every process gives an event the same number. */
class Telling {
  readonly #run: StreamedRun;
  readonly #shown: ShownRun;
  readonly #words: AgentKitChunks;
  #next = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(run: StreamedRun) {
    this.#run = run;
    this.#shown = new ShownRun(run.runId);
    this.#words = new AgentKitChunks(run);
  }

  /** Tells what is stored and was not told yet, one caller after the other. */
  async tell(inngest: Pick<Inngest.Any, "realtime">): Promise<void> {
    const turn = this.#last.then(async () => this.#tellOn(inngest));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #tellOn(inngest: Pick<Inngest.Any, "realtime">): Promise<void> {
    const { store, threadId, runId } = this.#run;
    const thread = await store.threads.get(threadId);
    if (thread?.owner === undefined) return;
    const { tenant } = store.scope;
    const scope = tenant === undefined ? {} : { tenant };
    const { [TOPIC]: topic } = userChannel({ user: thread.owner, ...scope });
    for (;;) {
      const page = await store.streams.read<RunEvent>(streamOf(runId), this.#next, PAGE);
      for (const { index, value } of page.events) {
        this.#next = index + 1;
        for (const chunk of this.#shown.take(index, value))
          for (const said of this.#words.take(chunk)) await inngest.realtime.publish(topic, said);
      }
      if (page.events.length === 0) return;
    }
  }
}
