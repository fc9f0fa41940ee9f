import { randomUUID } from "node:crypto";
import { encodeId } from "../backend/keys.ts";
import type { HookContext } from "./contract.ts";

/** What is remembered of one run. */
export interface RunNotes {
  /** Names the run where it must be told from another on the same thread. */
  name?: string;
  /** The id of the message that the run was given. */
  message?: string;
  /** How many results there were when the first agent was chosen. */
  first?: number;
  /** Results that are stored, by the number that they have in the run. */
  stored: number;
  /** How often something was saved. */
  saves: number;
  /** The text of the data that was last saved. */
  data?: string | undefined;
}

/** The notes of runs. */
export interface RunBook {
  /** The notes of the run that a hook is called for. */
  of(context: HookContext): RunNotes;
  /** The same as a run begins: what has only its state goes on with nothing of the run before. */
  begin(context: HookContext): RunNotes;
}

/**
 * Notes that live as long as what they are about: AgentKit makes a network for each run, where a caller may give one state to many; an agent that runs alone has only its
 * state, and its runs come one after the other.
 */
export function runBook(): RunBook {
  const notes = new WeakMap<object, RunNotes>();
  const of: RunBook["of"] = ({ network, state }) => {
    const subject = isObject(network) ? network : state;
    const known = notes.get(subject) ?? { stored: 0, saves: 0 };
    notes.set(subject, known);
    return known;
  };
  return {
    of,
    begin(context) {
      if (!isObject(context.network)) notes.delete(context.state);
      return of(context);
    },
  };
}

function isObject(network: unknown): network is object {
  return typeof network === "object" && network !== null;
}

/** The run's name: a step keeps it, so that it is the same in every replay. */
export async function nameRun(context: HookContext, run: RunNotes): Promise<string> {
  run.name ??= await inStep(context, stepId(context, "run"), async () => randomUUID());
  return run.name;
}

/** The thread that a hook is called for. */
export function threadOf(context: HookContext): string {
  const threadId = context.threadId ?? context.state.threadId;
  if (threadId === undefined)
    throw new TypeError(
      "The history needs a thread: give the state a threadId, or a createThread hook.",
    );
  return threadId;
}

/** The id of a step of ours: told apart by thread, and printable, whatever the thread's id is. */
export function stepId(context: HookContext, what: string): string {
  return `history:${what}:${encodeId(threadOf(context))}`;
}

/** Does the work in a step where there is one. What it answers is kept as JSON. */
export async function inStep<T extends string | number | object | null>(
  { step }: HookContext,
  id: string,
  work: () => Promise<T>,
): Promise<T> {
  return step ? ((await step.run(id, work)) as T) : work();
}
