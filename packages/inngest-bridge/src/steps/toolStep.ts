import { isStorageError, StorageError, type ToolResult } from "@perdure/checkpoint-core";
import type { AgentContext, StepName } from "../agent.ts";
import type { Carried } from "../carried.ts";
import { Thrown } from "./failure.ts";
import type { InngestStep } from "./inngestStep.ts";
import { keepPiece, type Piece, storedPiece, valueOf } from "./keptPiece.ts";

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

/**
 * The steps that a tool with `durable: "self"` makes. Ids are the tool's own: each call has a space for itself, and steps of one id are told apart by their order. What a step has given is stored with
 * the run, so it is not made again in another execution: after a takeover, a retry or a rerun, or where the run goes on in a new one.
 */
export interface ToolStep {
  /** Does a piece of work once; its value arrives as it was. One that cannot be kept is an error, and the work is not done again for it. */
  run<T>(id: StepId, work: () => T | Promise<T>): Promise<T>;
  /** Goes on after this many milliseconds, by the store's clock: another execution sleeps for what is left. */
  sleep(id: StepId, ms: number): Promise<void>;
  /** Sends events, each once: another execution sends them with the same ids, which Inngest takes once in 24 hours. Refused (`INVALID_ARGUMENT`) where there is no Inngest. */
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
  /** The turn of the call: what its steps give is stored under it, told to nobody. */
  readonly turn: number;
  /** Called once for each step, in their order: the name in the store of what it gives, the same in every pass, and no call's id. */
  readonly named: (step: StepName) => string;
  /** Told of a failure to read what a step has stored. It is no failure of the tool. */
  readonly unread?: (error: unknown) => void;
}

/** The steps of one call of a tool. */
export function toolStep(context: AgentContext, options: ToolStepOptions): ToolStep {
  const space: Space = { ...options, context, silence: { was: false } };
  return {
    run: async (id, work) => runOnce(space, id, work),
    sleep: async (id, ms) => sleepOnce(space, id, ms),
    sendEvent: async (id, events) => sendOnce(space, id, events),
    invoke: async (id, invoked) => invokeOnce(space, id, invoked),
  };
}

/** Where the steps of a call are made. What has been silent is heard again by the work behind it. */
interface Space extends ToolStepOptions {
  readonly context: AgentContext;
  readonly silence: { was: boolean };
}

/** What a step keeps; read where it is too large to go through it. */
type Kept = Carried<ToolResult>;

async function runOnce<T>(space: Space, id: StepId, work: () => T | Promise<T>): Promise<T> {
  const { context, prefix, silence } = space;
  const speaksAgain = silence.was;
  const piece = pieceOf(space, id);
  const kept = await context.step<Kept>(within(space, id), async (held) => {
    const stored = await storedPiece(context, piece);
    if (stored) return stored;
    if (speaksAgain) await held.heard(prefix);
    return keepPiece(held, piece, await asTool(work));
  });
  return (await valueIn(space, piece, kept)) as T;
}

/** What is kept of a sleep is when it ends. */
async function sleepOnce(space: Space, id: StepId, ms: number): Promise<void> {
  if (!Number.isFinite(ms) || ms < 0)
    throw new StorageError("INVALID_ARGUMENT", "step.sleep takes milliseconds, from 0 on.");
  const { context, prefix, silence } = space;
  const piece = pieceOf(space, id);
  const left = await context.step<number>(ahead(space, id), async (held) => {
    const now = context.store.now();
    const kept = (await storedPiece(context, piece)) ?? (await keepPiece(held, piece, now + ms));
    const until = Number(await valueOf(context, piece, kept));
    if (until > now) await held.silence(until - now, prefix);
    return Math.max(0, until - now);
  });
  if (left === 0) return;
  silence.was = true;
  await context.sleep(within(space, id).id, left);
}

async function sendOnce(
  space: Space,
  id: StepId,
  events: ToolEvent | readonly ToolEvent[],
): Promise<{ readonly ids: readonly string[] }> {
  const { context, prefix, key } = space;
  const inngest = inngestOf(context, "sendEvent");
  const all = Array.isArray(events) ? (events as readonly ToolEvent[]) : [events as ToolEvent];
  const piece = pieceOf(space, id);
  const named = all.map((event, place) => withId(event, `perdure:${key}:${piece.id}:${place}`));
  // The server sends them, and asks nobody whether the run is still this execution's.
  await context.step({ id: `${prefix}~held/${nameOf(id)}`, name: "held" }, async () => {
    await storedPiece(context, piece);
    return null;
  });
  const sent = await inngest.sendEvent(within(space, id), named);
  return sent as { readonly ids: readonly string[] };
}

async function invokeOnce(
  space: Space,
  id: StepId,
  { timeout = INVOKE_MS, ...options }: InvokeOptions,
): Promise<unknown> {
  const { context, prefix, silence } = space;
  const inngest = inngestOf(context, "invoke");
  const piece = pieceOf(space, id);
  const stored = await context.step<Kept | undefined>(ahead(space, id), async (held) => {
    const found = await storedPiece(context, piece);
    if (!found) await held.silence(timeout, prefix);
    return found;
  });
  if (stored) return valueIn(space, piece, stored);
  silence.was = true;
  const given = await inngest.invoke(within(space, id), { ...options, timeout });
  const behind = { id: `${prefix}~heard/${nameOf(id)}`, name: "heard" };
  const kept = await context.step<Kept>(behind, async (held) => {
    await held.heard(prefix);
    return (await storedPiece(context, piece)) ?? keepPiece(held, piece, given ?? null);
  });
  return valueIn(space, piece, kept);
}

/** The step ahead of a silence: nobody else takes the run for dead meanwhile. */
function ahead({ prefix }: Space, id: StepId): StepName {
  return { id: `${prefix}~silent/${nameOf(id)}`, name: "silent" };
}

function within({ prefix }: Space, id: StepId): { readonly id: string; readonly name: string } {
  const { id: own, name = own } = typeof id === "string" ? { id } : id;
  return { id: `${prefix}${own}`, name };
}

function pieceOf(space: Space, id: StepId): Piece {
  const at = within(space, id);
  return { turn: space.turn, id: space.named(at), name: at.name };
}

async function valueIn({ context, unread }: Space, piece: Piece, kept: Kept): Promise<unknown> {
  try {
    return await valueOf(context, piece, kept);
  } catch (error) {
    if (isStorageError(error)) unread?.(error);
    throw error;
  }
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
