import { digestOf } from "@perdure/checkpoint-core";
import { messageIdOf, type PartName, textOfPart } from "./parts.ts";
import {
  type ChildMark,
  eventNow,
  type FinishedStep,
  type RunChunk,
  type RunEvent,
} from "./vocabulary.ts";

/** A part as it has been shown so far. */
interface ShownPart {
  readonly name: PartName;
  /** The id that it is shown under: another one each time that it is begun anew. */
  readonly partId: string;
  readonly times: number;
  readonly text: string;
  /** The attempt that is shown, and what it has said: while it repeats what was shown, it is behind. */
  readonly attempt: string | undefined;
  readonly said: string;
  readonly isOpen: boolean;
}

type Chunk = Omit<RunEvent, "timestamp">;

/**
 * What of a run's published events a reader is shown: each part once, whatever was tried again. A later attempt that says the same goes on where the one before broke off; one that says
 * something else fails the part (`part.failed`) and begins it anew under another id; the stored part sets right what was missed. It depends on the events alone: every reader is shown the same.
 */
export class ShownRun {
  readonly #runId: string;
  readonly #parts = new Map<string, ShownPart>();
  readonly #rests = new Set<number>();
  /** What is shown of the agents that work for it, by run. */
  readonly #children = new Map<string, { readonly shown: ShownRun; readonly child: ChildMark }>();

  constructor(runId: string) {
    this.#runId = runId;
  }

  /** The run's rest of this revision has been shown. */
  hasRested(revision: number): boolean {
    return this.#rests.has(revision);
  }

  /** What the event at this place of the stream gives. */
  take(sequenceNumber: number, event: RunEvent): readonly RunChunk[] {
    const { timestamp } = event;
    return this.#chunksOf(event).map((chunk, nth) => {
      const id = `${this.#runId}:${sequenceNumber}:${nth}`;
      return Object.assign({}, chunk as RunEvent, { timestamp, sequenceNumber, id });
    });
  }

  #chunksOf(event: RunEvent): readonly Chunk[] {
    const { child, ...own } = event;
    return child ? this.#childChunks(own, child) : this.#ownChunks(event);
  }

  #childChunks(event: RunEvent, child: ChildMark): readonly Chunk[] {
    const shown = this.#children.get(child.runId)?.shown ?? new ShownRun(child.runId);
    this.#children.set(child.runId, { shown, child });
    return shown.#ownChunks(event).map((chunk) => saidBy(chunk, child));
  }

  #ownChunks(event: RunEvent): readonly Chunk[] {
    if (event.event === "part.created") return this.#begin(event.data, event.attempt);
    if (event.event === "part.completed")
      return this.#complete(event.data, event.data.finalContent);
    if (event.event === "step.completed") return [...this.#close(event.data), event];
    const { data, attempt } = event;
    if ("delta" in data) return this.#go(data.partId, data.delta, attempt);
    if ("revision" in data) return this.#rest(data.revision, event);
    return [event];
  }

  /** The run has come to rest: nobody works on what is open. */
  #rest(revision: number, event: RunEvent): readonly Chunk[] {
    if (this.#rests.has(revision)) return [];
    this.#rests.add(revision);
    const why = "The run has come to rest.";
    const below = [...this.#children.values()].flatMap(({ shown, child }) =>
      shown.#fail(() => true, why).map((chunk) => saidBy(chunk, child)),
    );
    return [...below, ...this.#fail(() => true, why), event];
  }

  #begin(name: PartName, attempt: string | undefined): readonly Chunk[] {
    const known = this.#parts.get(name.partId);
    if (known?.isOpen) {
      this.#parts.set(name.partId, { ...known, attempt, said: "" });
      return [];
    }
    return known && isStored(known) ? [] : this.#open(name, attempt, (known?.times ?? 0) + 1);
  }

  #open(name: PartName, attempt: string | undefined, times: number): readonly Chunk[] {
    const partId = times === 1 ? name.partId : `${name.partId}~${times}`;
    const part = { name, partId, times, attempt, text: "", said: "", isOpen: true };
    this.#parts.set(name.partId, part);
    return [eventNow("part.created", { ...name, partId }, attempt)];
  }

  #go(slot: string, text: string, attempt: string | undefined): readonly Chunk[] {
    const part = this.#parts.get(slot);
    if (!part?.isOpen || part.attempt !== attempt) return [];
    return this.#say(part, part.said + text);
  }

  /** Shows what was not shown yet of what an attempt has said in all. */
  #say(part: ShownPart, said: string): readonly Chunk[] {
    const slot = part.name.partId;
    if (part.text.startsWith(said)) {
      this.#parts.set(slot, { ...part, said });
      return [];
    }
    return this.#become(part, said);
  }

  /** Shows that the part is this text: the rest of it, or the part anew. */
  #become(part: ShownPart, said: string): readonly Chunk[] {
    const slot = part.name.partId;
    if (said.startsWith(part.text)) {
      this.#parts.set(slot, { ...part, said, text: said });
      const rest = said.slice(part.text.length);
      return rest === "" ? [] : [delta(part, rest)];
    }
    const failed = this.#failPart(part, "Another attempt says something else.");
    const opened = this.#open(part.name, part.attempt, part.times + 1);
    const anew = this.#parts.get(slot) ?? part;
    return [...failed, ...opened, ...this.#become(anew, said)];
  }

  #complete(name: PartName, finalContent: unknown): readonly Chunk[] {
    const slot = name.partId;
    const known = this.#parts.get(slot);
    if (known && isStored(known)) return [];
    const opened = known?.isOpen ? [] : this.#open(bare(name), undefined, (known?.times ?? 0) + 1);
    const open = this.#parts.get(slot);
    if (!open) return [];
    const rest = isSaid(open, finalContent) ? [] : this.#become(open, textOfPart(finalContent));
    const { partId, ...part } = this.#parts.get(slot) ?? open;
    this.#parts.set(slot, { ...part, partId, isOpen: false, attempt: STORED });
    return [
      ...opened,
      ...rest,
      eventNow("part.completed", { ...bare(name), partId, finalContent }),
    ];
  }

  /** An answer is stored: what was begun of its turn and is not in it has come to nothing. */
  #close({ turn, result }: FinishedStep): readonly Chunk[] {
    if (!("text" in result)) return [];
    const isOfAnswer = ({ name }: ShownPart): boolean =>
      name.type !== "tool-output" && name.messageId === messageIdOf(this.#runId, turn);
    return this.#fail(isOfAnswer, "It is not in the answer.");
  }

  #fail(isMeant: (part: ShownPart) => boolean, error: string): readonly Chunk[] {
    const open = [...this.#parts.values()].filter((part) => part.isOpen && isMeant(part));
    return open.flatMap((part) => this.#failPart(part, error));
  }

  #failPart(part: ShownPart, error: string): readonly Chunk[] {
    const { name, partId } = part;
    this.#parts.set(name.partId, { ...part, isOpen: false });
    return [eventNow("part.failed", { ...bare(name), partId, error, recoverable: true })];
  }
}

function saidBy(chunk: Chunk, child: ChildMark): Chunk {
  return { ...chunk, child };
}

/** The attempt of what is stored. */
const STORED = "stored";

function isStored({ isOpen, attempt }: ShownPart): boolean {
  return !isOpen && attempt === STORED;
}

/** What was shown is the stored part already. A tool says on its way what it likes; arguments are the same in any spelling. */
function isSaid({ name, text }: ShownPart, finalContent: unknown): boolean {
  if (name.type === "text" || text === "") return text === finalContent;
  if (name.type === "tool-output") return true;
  try {
    return digestOf(JSON.parse(text)) === digestOf(finalContent);
  } catch {
    return false;
  }
}

function bare({ partId, runId, messageId, type, metadata }: PartName): PartName {
  const part = { partId, runId, messageId, type };
  return metadata ? { ...part, metadata } : part;
}

function delta({ name, partId, attempt }: ShownPart, text: string): Chunk {
  const { messageId, type, metadata } = name;
  const said = { partId, messageId, delta: text };
  if (type === "text") return eventNow("text.delta", said, attempt);
  if (type === "tool-output") return eventNow("tool_call.output.delta", said, attempt);
  const toolName = metadata ? { toolName: metadata.toolName } : {};
  return eventNow("tool_call.arguments.delta", { ...said, ...toolName }, attempt);
}
