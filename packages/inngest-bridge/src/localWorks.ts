import type { Run, Store } from "@perdure/checkpoint-core";
import type { DurableAgent } from "./agent.ts";
import { definedOnly } from "./inngest/asked.ts";
import { runName } from "./inngest/requestContexts.ts";
import { threadName } from "./inngest/threadName.ts";
import { type LocalRunOptions, runLocally } from "./local.ts";
import type { RunInput } from "./runInput.ts";

/** Whose runs are worked on, and how. */
export interface Working extends Pick<LocalRunOptions, "silenceMs"> {
  readonly agent: DurableAgent;
  /** Told why a run has failed here, or could not be worked on. The run's outcome says the first. What it throws itself is told to nobody, and holds nothing up. */
  readonly onError?: (
    error: unknown,
    of: { readonly runId: string; readonly threadId: string },
  ) => void;
}

/** What this process works on: one run of a thread at a time, in the order in which it was asked to. */
export class Works {
  readonly #options: Working;
  readonly #last = new Map<string, Promise<void>>();
  /** What came along with runs, until they have ended or failed. */
  readonly #contexts = new Map<string, unknown>();

  constructor(options: Working) {
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
