import { randomBytes } from "node:crypto";
import type { Approval, Run, Store } from "@perdure/checkpoint-core";
import type { CurrentStep } from "../steps/ambient.ts";
import type { PartName } from "./parts.ts";
import type { Publisher, StreamedRun } from "./publisher.ts";
import type { StoredPlace } from "./callbacks.ts";
import { restEvents } from "./rest.ts";
import { eventNow, type FinishedStep, type RunEvent } from "./vocabulary.ts";

/** What a step says of its run while it works, and when it has stored something. Nothing of it fails or waits for the run: who listens may miss some, and is put right by what is stored. */
export interface StepStream {
  /** Whether anybody can be told. */
  readonly isOn: boolean;
  /** Says the next piece of a part: at once, or with the pieces of the next moment. */
  delta(part: PartName, text: string): void;
  /** Says what this step has stored, when its work is done. `name` is the same whoever says it: it is said once. */
  stored(name: string, events: readonly RunEvent[]): void;
}

/** A step's stream, and its end. */
export interface OpenStepStream extends StepStream {
  /** What the step has stored so far. */
  readonly places: readonly StoredPlace[];
  /** Says how the run has come to rest, after all else. */
  rest(run: Run, approvals: readonly Approval[]): void;
  /** Publishes what is left. It does not throw. */
  finish(): Promise<void>;
}

/** How long pieces wait for each other, in milliseconds: what an eye takes for at once. */
const GATHER_MS = 40;
/** A publication that takes longer is given up, in milliseconds: a run does not wait for those who watch it. */
const PATIENCE_MS = 5000;
/** How often what is stored is offered. */
const TRIES = 3;

/** A stream of this delivery of a step. Where nothing is published it says nothing. */
export function openStepStream(
  publisher: Publisher | undefined,
  run: StreamedRun,
  step: Pick<CurrentStep, "execution" | "id" | "attempt">,
): OpenStepStream {
  return new Emitter(publisher, run, step);
}

class Emitter implements OpenStepStream {
  readonly isOn: boolean;
  readonly places: StoredPlace[] = [];
  readonly #publisher: Publisher | undefined;
  readonly #run: StreamedRun;
  readonly #attempt: string;
  readonly #begun = new Set<string>();
  readonly #stored: { readonly name: string; readonly events: readonly RunEvent[] }[] = [];
  #rest: { readonly name: string; readonly events: readonly RunEvent[] } | undefined;
  #waiting: RunEvent[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sent: Promise<void> = Promise.resolve();
  #batches = 0;
  /** A batch was lost: what comes after it would not fit to what was shown. */
  #isTorn = false;
  /** A publication was given up: the next one would wait as long. */
  #isStuck = false;

  constructor(
    publisher: Publisher | undefined,
    run: StreamedRun,
    { execution, id, attempt }: Pick<CurrentStep, "execution" | "id" | "attempt">,
  ) {
    this.isOn = publisher !== undefined;
    this.#publisher = publisher;
    this.#run = run;
    this.#attempt = `${execution}/${id}/${attempt}/${randomBytes(4).toString("hex")}`;
  }

  delta(part: PartName, text: string): void {
    if (!this.isOn || this.#isTorn || text === "") return;
    const { partId } = part;
    if (!this.#begun.has(partId)) {
      this.#begun.add(partId);
      this.#waiting.push(eventNow("part.created", part, this.#attempt));
    }
    this.#add(part, text);
    this.#timer ??= setTimeout(() => this.#send(), GATHER_MS).unref();
  }

  stored(name: string, events: readonly RunEvent[]): void {
    if (events.length === 0) return;
    this.#stored.push({ name, events });
    const parts = events.filter(({ event }) => event === "part.completed").length;
    for (const { event, data } of events)
      if (event === "step.completed") this.places.push({ ...placeOf(data), parts });
  }

  rest(run: Run, approvals: readonly Approval[]): void {
    const events = restEvents(run, approvals);
    if (events.length > 0) this.#rest = { name: `${run.status}/${run.revision}`, events };
  }

  async finish(): Promise<void> {
    this.#send();
    await this.#sent;
    for (const { name, events } of this.#stored.splice(0)) await this.#tell(name, events);
    if (this.#rest) await this.#tell(this.#rest.name, this.#rest.events);
  }

  /** Pieces of one part that follow each other are one event. */
  #add(part: PartName, text: string): void {
    const last = this.#waiting.at(-1);
    const isMore = last !== undefined && "delta" in last.data && last.data.partId === part.partId;
    if (isMore) this.#waiting.pop();
    const before = isMore ? (last.data as { readonly delta: string }).delta : "";
    this.#waiting.push(deltaOf(part, before + text, this.#attempt));
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#waiting;
    if (events.length === 0) return;
    this.#waiting = [];
    const operationId = `${this.#attempt}/${this.#batches++}`;
    this.#sent = this.#sendAfter(this.#sent, events, operationId);
  }

  async #sendAfter(
    before: Promise<void>,
    events: readonly RunEvent[],
    operationId: string,
  ): Promise<void> {
    await before;
    if (this.#isTorn || this.#isStuck) return;
    this.#isTorn = !(await this.#publish(events, operationId));
  }

  async #tell(name: string, events: readonly RunEvent[]): Promise<void> {
    for (let tries = 0; tries < TRIES && !this.#isStuck; tries += 1)
      if (await this.#publish(events, `stored/${name}`)) return;
  }

  /** Whether it was published, or nobody is to be told. */
  async #publish(events: readonly RunEvent[], operationId: string): Promise<boolean> {
    const publisher = this.#publisher;
    if (!publisher) return true;
    let timer: NodeJS.Timeout | undefined;
    const givenUp = new Promise<boolean>((resolve) => {
      const giveUp = (): void => {
        this.#isStuck = true;
        resolve(false);
      };
      timer = setTimeout(giveUp, PATIENCE_MS).unref();
    });
    const published = async (): Promise<boolean> => {
      try {
        await publisher.publish(this.#run, events, { operationId });
        return true;
      } catch {
        return false;
      }
    };
    try {
      return await Promise.race([published(), givenUp]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function placeOf({ turn, result }: FinishedStep): Omit<StoredPlace, "parts"> {
  return "callId" in result ? { turn, callId: result.callId } : { turn };
}

function deltaOf({ partId, messageId, type, metadata }: PartName, delta: string, attempt: string) {
  const said = { partId, messageId, delta };
  switch (type) {
    case "text":
      return eventNow("text.delta", said, attempt);
    case "tool-output":
      return eventNow("tool_call.output.delta", said, attempt);
    case "tool-call":
    default: {
      const named = metadata ? { ...said, toolName: metadata.toolName } : said;
      return eventNow("tool_call.arguments.delta", named, attempt);
    }
  }
}

/** Says that a run was superseded: whoever worked on it may have been nobody, or dead. It does not throw. */
export async function tellSuperseded(
  publisher: Publisher | undefined,
  store: Store,
  runId: string,
): Promise<void> {
  if (!publisher) return;
  const run = await store.runs.get(runId).catch(() => undefined);
  if (run) await tellRest(publisher, store, run);
}

/** Says, outside of the run's own steps, how a run has come to rest. It does not throw. */
export async function tellRest(
  publisher: Publisher | undefined,
  store: Store,
  run: Run,
): Promise<void> {
  const { id: runId, threadId, life } = run;
  const place = { execution: "outside", id: "rest", attempt: 0 };
  const stream = openStepStream(publisher, { store, threadId, runId, life }, place);
  stream.rest(run, []);
  await stream.finish();
}
