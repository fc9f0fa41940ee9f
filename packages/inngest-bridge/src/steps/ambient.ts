import { AsyncLocalStorage } from "node:async_hooks";
import { checkGiven, StorageError } from "@perdure/checkpoint-core";
import { crossing } from "./failure.ts";
import { decodeOutput, encodeOutput } from "./output.ts";
import type { StepTools } from "./tools.ts";

/** The step whose body is running. */
export interface CurrentStep {
  /** The execution that it belongs to: one Inngest run of one function. */
  readonly execution: string;
  /** What names the step in its execution: Inngest's hash of its id. */
  readonly id: string;
  /** 0 the first time. */
  readonly attempt: number;
  /** Attempts in all; unknown to servers that don't say. */
  readonly maxAttempts?: number;
  /** The next operation id of this step: execution, step and how many were taken before, so the same in every attempt. */
  operationId(): string;
}

/** Where the running code is: in a step's body, or in a function's, which has tools to make steps. */
type Place = StepBody | FunctionBody;

/** A step's body, and whether it has ended: what it has left running is in no step any more. */
interface StepBody {
  readonly step: CurrentStep;
  ended: boolean;
}

/** One pass through a function's body. */
interface FunctionBody {
  readonly step?: undefined;
  readonly tools: StepTools;
  /** How often each name was used in this pass. */
  readonly named: Map<string, number>;
  /** Names whose steps are under way. */
  readonly busy: Set<string>;
}

const places = new AsyncLocalStorage<Place>();

/** The step whose body the caller runs in; `undefined` outside of one, also beside one that runs at the same time, and in what a body that has ended has left running. */
export function currentStep(): CurrentStep | undefined {
  const place = places.getStore();
  return place?.step && !place.ended ? place.step : undefined;
}

/** Runs a function's body so that `durable` makes its steps with these tools. */
export function withStep<T>(tools: StepTools, body: () => T): T {
  checkGiven("withStep", { tools, body }, { tools: "object", body: "function" });
  return places.run({ tools, named: new Map(), busy: new Set() }, body);
}

/** Runs a step's body so that `currentStep` knows it. */
export async function insideStep<T>(step: CurrentStep, body: () => Promise<T> | T): Promise<T> {
  const place: StepBody = { step, ended: false };
  try {
    return await places.run(place, body);
  } finally {
    place.ended = true;
  }
}

/** Names a step whose body starts now. Operation ids count from 0 in each attempt. */
export function stepAt(step: Omit<CurrentStep, "operationId">): CurrentStep {
  let taken = 0;
  return { ...step, operationId: () => `${step.execution}/${step.id}/${taken++}` };
}

/**
 * The work is done durably: as a step of its own, or as part of the step that is running. Steps are made with the tools of the function around it, which
 * `perdureMiddleware` and `withStep` make known; without either it is refused, rather than pretended.
 *
 * What the work returns arrives as it was: dates, BigInts, bytes and half surrogate pairs too. A step of its own refuses, after the work, what cannot be kept
 * (`UNSUPPORTED_VALUE`) or is over 1 MiB (`TOO_LARGE`), and does not try again.
 */
export async function durable<T>(id: string, work: () => Promise<T> | T): Promise<T> {
  const place = places.getStore();
  if (place?.step) return insideOf(place, id, work);
  if (!place) throw noStep(`durable("${id}")`);
  return made(place.tools, { id }, work);
}

/** A step that is named by what it does. */
export interface NamedStep {
  /** The same in every pass; a second step of this name in a pass has another ordinal. */
  readonly name: string;
  /** What a dashboard shows. */
  readonly shown: string;
  /** Refused while another of its name is under way: their order may be another one in the next pass. */
  readonly alone?: boolean;
}

/**
 * The work is done as `durable` does it, under a name and an ordinal in place of an id; outside of any Inngest function it is just done. In a function where no step can be made it is
 * refused (`INVALID_ARGUMENT`).
 */
export async function durably<T>(
  { name, shown, alone = false }: NamedStep,
  work: () => Promise<T> | T,
): Promise<T> {
  const place = places.getStore();
  if (place?.step) return insideOf(place, name, work);
  if (!place) {
    if (await isInFunction()) throw noStep(name);
    return work();
  }
  const ordinal = (place.named.get(name) ?? 0) + 1;
  place.named.set(name, ordinal);
  if (alone && place.busy.has(name))
    throw new StorageError(
      "INVALID_ARGUMENT",
      `Two calls of "${name}" at the same time cannot be told apart in the next pass: give each an id of its own.`,
    );
  place.busy.add(name);
  try {
    return await made(place.tools, { id: `${name}:${ordinal}`, name: shown }, work);
  } finally {
    place.busy.delete(name);
  }
}

/** Part of the step that is running. */
function insideOf<T>({ ended }: StepBody, what: string, work: () => T): T {
  if (!ended) return work();
  throw new StorageError(
    "INVALID_ARGUMENT",
    `${what} was called behind the end of the step that began it, where nothing is kept any more: wait for it in the step.`,
  );
}

/** Whether the caller runs in an Inngest function, which has told us nothing. */
async function isInFunction(): Promise<boolean> {
  try {
    const { getAsyncCtx } = await import("inngest/experimental");
    return (await getAsyncCtx())?.execution !== undefined;
  } catch {
    // There is no Inngest here at all.
    return false;
  }
}

function noStep(what: string): StorageError {
  return new StorageError(
    "INVALID_ARGUMENT",
    `${what} was called where no step can be made: add perdureMiddleware to the function, or wrap its body in withStep.`,
  );
}

async function made<T>(
  tools: StepTools,
  step: Parameters<StepTools["run"]>[0],
  work: () => Promise<T> | T,
): Promise<T> {
  const output = await tools.run(step, async () => {
    try {
      return encodeOutput(await work());
    } catch (error) {
      throw crossing(error);
    }
  });
  return decodeOutput(output) as T;
}
