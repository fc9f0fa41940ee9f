import { type StepId, StepFailure, type ToolEvent, toolStep } from "@perdure/inngest-bridge/agent";
import { StorageError } from "@perdure/checkpoint-core";
import { type Question, respond } from "./ask.ts";
import { count, modelOf } from "./model.ts";
import { msOf } from "./ms.ts";
import type { KitRun } from "./run.ts";

type Work = (...given: readonly unknown[]) => unknown;

/** The part of Inngest's `step` that a run has for what makes steps of its own. */
export interface KitSteps {
  run(id: StepId, work: Work, ...given: readonly unknown[]): Promise<unknown>;
  sleep(id: StepId, time: number | string): Promise<void>;
  sleepUntil(id: StepId, time: Date | string): Promise<void>;
  sendEvent(id: StepId, events: ToolEvent | readonly ToolEvent[]): Promise<unknown>;
  invoke(
    id: StepId,
    options: Parameters<ReturnType<typeof toolStep>["invoke"]>[1],
  ): Promise<unknown>;
  waitForEvent(id: StepId, options: WaitOptions): Promise<unknown>;
  readonly ai: {
    infer(id: StepId, question: Question): Promise<unknown>;
    wrap(id: StepId, work: Work, ...given: readonly unknown[]): Promise<unknown>;
  };
}

/** What is waited for, as Inngest has it. */
interface WaitOptions {
  readonly event: unknown;
  readonly timeout: number | string | Date;
  readonly match?: string;
  readonly if?: string;
}

/** Where steps are made: what their ids begin with, what names them to the world outside, and the turn that they belong to. */
export interface StepsPlace {
  readonly prefix: string;
  readonly key: string;
  readonly turn: number;
}

/** Steps of which what a piece of work gives, and what a model is asked, is kept in the store; the others are kept in the execution. */
export function stepsAt(run: KitRun, { prefix, key, turn }: StepsPlace): KitSteps {
  const { context, ledger } = run;
  const steps = toolStep(context, { prefix, key, turn, named: ({ id }) => run.named(`~${id}`) });
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    ledger.check();
    try {
      return await work();
    } catch (error) {
      throw isOwn(error) ? error : ledger.end(error as Error);
    }
  };
  const kept = async (id: StepId, work: Work, ...given: readonly unknown[]): Promise<unknown> =>
    guarded(async () => steps.run(id, async () => (await work(...given)) ?? null));
  return {
    run: kept,
    sleep: async (id, time) => guarded(async () => steps.sleep(id, msOf(time))),
    sleepUntil: async (id, time) =>
      guarded(async () => steps.sleep(id, Math.max(0, new Date(time).getTime() - Date.now()))),
    sendEvent: async (id, events) => guarded(async () => steps.sendEvent(id, events)),
    invoke: async (id, options) => guarded(async () => steps.invoke(id, options)),
    waitForEvent: async (id, options) => guarded(async () => waitFor(run, prefix, id, options)),
    ai: {
      infer: async (id, question) => {
        const name = `~${prefix}${nameOf(id)}`;
        const call = { id: run.named(name), name: "think" };
        const raw = await ledger.inner(turn, call, async ({ signal }) => respond(question, signal));
        count(run, raw, modelOf(question, raw));
        return raw;
      },
      wrap: kept,
    },
  };
}

/** The work's own failure, for who called it; everything else ends the pass. */
function isOwn(error: unknown): boolean {
  if (error instanceof StepFailure) return error.origin === "tool";
  return error instanceof StorageError && error.code === "INVALID_ARGUMENT";
}

async function waitFor(
  { context }: KitRun,
  prefix: string,
  id: StepId,
  { timeout, ...options }: WaitOptions,
): Promise<unknown> {
  const { inngest } = context;
  if (!inngest)
    throw new StorageError(
      "INVALID_ARGUMENT",
      "A tool needs step.waitForEvent, and this run has no Inngest: waitForDecision needs none.",
    );
  const name = nameOf(id);
  const at = timeout instanceof Date ? timeout.getTime() : Date.now() + msOf(timeout);
  // Nobody else takes the run for dead while it waits.
  const silent = { id: `${prefix}~silent/${name}`, name: "silent" };
  await context.step(silent, async (held) => held.silence(Math.max(0, at - Date.now()), prefix));
  const waiting = { ...options, timeout: timeout instanceof Date ? timeout : msOf(timeout) };
  return inngest.waitForEvent({ id: `${prefix}${name}`, name }, waiting);
}

export function nameOf(id: StepId): string {
  return typeof id === "string" ? id : id.id;
}
