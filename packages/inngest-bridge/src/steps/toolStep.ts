import { LeaseLostError, StorageError } from "@perdure/checkpoint-core";
import type { AgentContext, HeldStep, StepName } from "../agent.ts";
import { Thrown } from "./failure.ts";
import type { InngestStep } from "./inngestStep.ts";

/** A step's id, or its id and the name that it is shown under. */
export type StepId = string | { readonly id: string; readonly name?: string };

/** An event that a tool sends. */
export interface ToolEvent {
  /** Made from the call and the step when not given, so that an event that is sent again is the same one. */
  readonly id?: string;
  readonly name: string;
  readonly data?: Readonly<Record<string, unknown>>;
  /** When it is to be delivered, in milliseconds since 1970. */
  readonly ts?: number;
}

/** The steps that a tool with `durable: "self"` makes. Ids are the tool's own: each call has a space for itself. */
export interface ToolStep {
  /** Does a piece of work once; its value arrives as it was, up to 1 MiB. */
  run<T>(id: StepId, work: () => T | Promise<T>): Promise<T>;
  /** Goes on after this many milliseconds. */
  sleep(id: StepId, ms: number): Promise<void>;
  /** Sends events, each once. Refused (`INVALID_ARGUMENT`) where there is no Inngest. */
  sendEvent(
    id: StepId,
    events: ToolEvent | readonly ToolEvent[],
  ): Promise<{ readonly ids: readonly string[] }>;
  /** Has an Inngest function run and waits for what it returns. Refused where there is no Inngest. */
  invoke(id: StepId, options: InvokeOptions): Promise<unknown>;
}

/** What is invoked. */
export interface InvokeOptions {
  /** The function, or a reference to one. */
  readonly function: object;
  readonly data?: Readonly<Record<string, unknown>>;
  /** How long to wait for it, in milliseconds; an hour when not given. */
  readonly timeout?: number;
}

const INVOKE_MS = 60 * 60 * 1000;

/** How the steps of one call of a tool are made. */
export interface ToolStepOptions {
  /** Names the call's space. */
  readonly prefix: string;
  /** The call to services outside. */
  readonly key: string;
  /** Called where a piece of work is asked for: what it gives does that work in its step, or answers what is stored of it. Without it the work is kept in its execution alone. */
  readonly keeping?: (name: StepName) => (held: HeldStep, work: Work) => Promise<unknown>;
}

type Work = () => Promise<unknown>;

/** The steps of one call of a tool. */
export function toolStep(
  context: AgentContext,
  { prefix, key, keeping = () => async (_held, work) => work() }: ToolStepOptions,
): ToolStep {
  const within = (id: StepId): { readonly id: string; readonly name: string } => {
    const { id: own, name = own } = typeof id === "string" ? { id } : id;
    return { id: `${prefix}${own}`, name };
  };
  // Nobody else takes the run for dead while it waits.
  let wasSilent = false;
  const silent = async (id: StepId, ms: number): Promise<void> => {
    wasSilent = true;
    const at = { id: `${prefix}~silent/${nameOf(id)}`, name: "silent" };
    await context.step(at, async (held) => held.silence(ms, prefix));
  };
  return {
    async run<T>(id: StepId, work: () => T | Promise<T>) {
      const speaksAgain = wasSilent;
      const at = within(id);
      const keep = keeping(at);
      return context.step(at, async (held) => {
        await refuseLost(context);
        if (speaksAgain) await held.heard(prefix);
        return (await keep(held, async () => asTool(work))) as T;
      });
    },
    async sleep(id, ms) {
      await silent(id, ms);
      await context.sleep(within(id).id, ms);
    },
    async sendEvent(id, events) {
      const inngest = inngestOf(context, "sendEvent");
      const all = Array.isArray(events) ? (events as readonly ToolEvent[]) : [events as ToolEvent];
      const { id: own } = within(id);
      const named = all.map((event, place) => withId(event, `perdure:${key}:${own}:${place}`));
      return (await inngest.sendEvent(within(id), named)) as { readonly ids: readonly string[] };
    },
    async invoke(id, { timeout = INVOKE_MS, ...options }) {
      const inngest = inngestOf(context, "invoke");
      await silent(id, timeout);
      return inngest.invoke(within(id), { ...options, timeout });
    },
  };
}

/** An execution that has lost the run stops here, ahead of the work. */
async function refuseLost({ store, lease }: AgentContext): Promise<void> {
  if ((await store.runs.look(lease)).held) return;
  throw new LeaseLostError(`Run ${lease.runId} is not this execution's any more.`);
}

function withId({ id, ...event }: ToolEvent, made: string): ToolEvent {
  return { ...event, id: id ?? made };
}

function nameOf(id: StepId): string {
  return typeof id === "string" ? id : id.id;
}

async function asTool<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Thrown("tool", error);
  }
}

function inngestOf({ inngest }: AgentContext, what: string): InngestStep {
  if (inngest) return inngest;
  throw new StorageError(
    "INVALID_ARGUMENT",
    `A tool needs step.${what}, and this run has no Inngest: nothing was done.`,
  );
}
