import { byteLength, isObject, type Json, wellFormed } from "./canonical.ts";
import type { FunctionDefinition } from "./definition.ts";
import type { StoredEvent } from "./event.ts";

export type RunStatus = "Running" | "Completed" | "Failed" | "Cancelled";

/** An error as the server reports it. */
export interface RunError {
  readonly error: string;
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: Json;
}

export interface StepView {
  /** The hash that names the step on the wire. */
  readonly id: string;
  /** The id that the code gave. */
  readonly name: string;
  readonly op: string;
  /** What `step.run` was given behind its work, as a dashboard shows it. It is no part of the run's state. */
  readonly input?: Json;
  readonly data?: Json;
  readonly error?: Json;
}

/** What can be seen of a run from outside. */
export interface RunView {
  readonly id: string;
  readonly functionId: string;
  readonly status: RunStatus;
  readonly event: StoredEvent;
  /** More than one with `batchEvents` only. */
  readonly events: readonly StoredEvent[];
  readonly output?: Json;
  readonly error?: RunError;
  /** In the order in which they were memoised. */
  readonly steps: readonly StepView[];
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly rerunOf?: string;
  /** Number of requests that the run has made so far. */
  readonly requests: number;
}

/** What is shown of a step beside what it gave. */
export interface Label {
  readonly name: string;
  readonly op: string;
  readonly input?: Json;
}

/** One run's state. It knows what is memoised and pending, and nothing of time or transport. */
export class Run {
  readonly id: string;
  readonly definition: FunctionDefinition;
  readonly events: readonly [StoredEvent, ...StoredEvent[]];
  readonly startedAt: number;
  /** How much earlier than what is due with it the run comes. */
  readonly priorityMs: number;
  readonly rerunOf: string | undefined;
  status: RunStatus = "Running";
  output: Json | undefined;
  error: RunError | undefined;
  /** What a failed run's last answer held, as the server's report shows it. */
  answer: Json | undefined;
  endedAt: number | undefined;
  requests = 0;
  /** The SDK's execution version; -1 until its first answer. */
  version = -1;
  /** Parallel steps are under way, so the SDK must not run what it finds at once. */
  forcePlan = false;
  stateBytes = 0;
  readonly stack: string[] = [];
  readonly pending: Set<string> = new Set();
  readonly jobIds: Set<string> = new Set();
  readonly #saved = new Map<string, string>();
  readonly #labels = new Map<string, Label>();

  constructor(init: {
    readonly id: string;
    readonly definition: FunctionDefinition;
    readonly events: readonly [StoredEvent, ...StoredEvent[]];
    readonly startedAt: number;
    readonly priorityMs?: number;
    readonly rerunOf?: string;
  }) {
    this.id = init.id;
    this.definition = init.definition;
    this.events = init.events;
    this.startedAt = init.startedAt;
    this.priorityMs = init.priorityMs ?? 0;
    this.rerunOf = init.rerunOf;
  }

  /** The event that began the run; the first where there are several. */
  get event(): StoredEvent {
    return this.events[0];
  }

  isSaved(step: string): boolean {
    return this.#saved.has(step);
  }

  /** Memoises a step's result as JSON text; the first one stays. */
  save(step: string, text: string): void {
    this.pending.delete(step);
    if (this.#saved.has(step)) return;
    this.#saved.set(step, text);
    this.stack.push(step);
    this.stateBytes += byteLength(text);
  }

  label(step: string, label: Label): void {
    if (this.#labels.get(step)?.op !== "StepRun") this.#labels.set(step, label);
  }

  nameOf(step: string): string {
    return this.#labels.get(step)?.name ?? step;
  }

  /** The memoised steps as the SDK gets them. */
  memoised(): Record<string, Json> {
    return Object.fromEntries(this.stack.map((step) => [step, this.#read(step)]));
  }

  view(): RunView {
    return {
      id: this.id,
      functionId: this.definition.id,
      status: this.status,
      event: this.event,
      events: this.events,
      ...(this.output === undefined ? {} : { output: this.output }),
      ...(this.error === undefined ? {} : { error: this.error }),
      steps: this.stack.map((step) => this.#viewStep(step)),
      startedAt: this.startedAt,
      ...(this.endedAt === undefined ? {} : { endedAt: this.endedAt }),
      ...(this.rerunOf === undefined ? {} : { rerunOf: this.rerunOf }),
      requests: this.requests,
    };
  }

  #read(step: string): Json {
    return JSON.parse(this.#saved.get(step) ?? "null") as Json;
  }

  #viewStep(step: string): StepView {
    const { name = step, op = "", input } = this.#labels.get(step) ?? {};
    const value = wellFormed(this.#read(step));
    const isBare = isObject(value) && (op === "WaitForEvent" || op === "Sleep");
    const { data, error }: { readonly data?: Json; readonly error?: Json } =
      isBare || !isObject(value) ? { data: value } : value;
    return { id: step, name, op, ...defined({ input, data, error }) };
  }
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}
