import { plainJson } from "@perdure/inngest-bridge/agent";
import type { RunChunk, RunEventData, RunEventName } from "@perdure/inngest-bridge/agent";

/** An event in AgentKit's format, as `@inngest/use-agent` takes it. */
export type AgentKitChunk = {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** Counts up in each run, and no number is left out: the client waits for one that is missing. Those of the thread's next run are greater. */
  readonly sequenceNumber: number;
  /** Another one for each event of each run. */
  readonly id: string;
};

/** Numbers for each millisecond: more than any run says in one. */
const NUMBERS = 1000;

type Said = Pick<AgentKitChunk, "event" | "data">;

/**
 * What is said of a run, in AgentKit's words. It depends on the chunks alone, from the run's first one on: every reader that begins there gets the same numbers.
 *
 * A client that has missed an event keeps what came behind it and throws away what is below the number of the next `run.started`; it would otherwise take the rest for what that run says. So the
 * numbers begin at a thousand times the first chunk's time; at 0 where that is how the run rests, which each reader may have from the stored run, at a time of its own.
 *
 * The client knows a tool call by its part, in one message: call and output have the call's own id. It never leaves its state of work but at `stream.ended`, so a run that fails or waits for
 * a person says that too, and one that goes on starts anew.
 */
export class AgentKitChunks {
  readonly #run: { readonly runId: string; readonly threadId: string };
  #first: number | undefined;
  #next = 0;
  /** The calls that were shown: the client would show one twice. */
  readonly #calls = new Set<string>();

  constructor(run: { readonly runId: string; readonly threadId: string }) {
    this.#run = run;
  }

  /** What a chunk of the run is to the client. */
  take(chunk: RunChunk): readonly AgentKitChunk[] {
    const said = chunk.child ? this.#below(chunk) : this.#own(chunk);
    const begins = this.#next === 0 && said.length > 0 && said[0]?.event !== "run.started";
    const all = begins ? [started({ name: "" }), ...said] : said;
    this.#first ??= "revision" in chunk.data ? 0 : chunk.timestamp * NUMBERS;
    const first = this.#first;
    return all.map(({ event, data }) => {
      const sequenceNumber = first + this.#next++;
      const { runId, threadId } = this.#run;
      const id = `${runId}:${sequenceNumber}`;
      const whole = { runId, ...data, threadId };
      return { event, data: whole, timestamp: chunk.timestamp, sequenceNumber, id };
    });
  }

  #own(chunk: RunChunk): readonly Said[] {
    const words = RUN_WORDS[chunk.event] as ((data: unknown) => readonly Said[]) | undefined;
    return words ? words(chunk.data) : this.#piece(chunk);
  }

  /** Of an agent that works for the run: that it began, and what it says. How it ends is not the end of the run. */
  #below(chunk: RunChunk): readonly Said[] {
    const { event, child } = chunk;
    if (!child) return [];
    const { runId, parentRunId, name } = child;
    if (event === "run.started")
      return [{ event, data: { scope: "agent", runId, parentRunId, name } }];
    return this.#piece(chunk).map(({ event: said, data }) => ({
      event: said,
      data: { ...data, runId },
    }));
  }

  #piece({ event, data }: RunChunk): readonly Said[] {
    if (event === "part.created") return this.#created(data);
    if (event === "part.completed" || event === "part.failed") {
      const { messageId, type, metadata } = data;
      const rest =
        "finalContent" in data
          ? { finalContent: finalOf(data) }
          : { error: data.error, recoverable: true };
      const tool = metadata ? { metadata, toolName: metadata.toolName } : {};
      return [{ event, data: { messageId, partId: partOf(data), type, ...rest, ...tool } }];
    }
    if (event === "text.delta") return [{ event, data: { ...data } }];
    if (event === "tool_call.arguments.delta" || event === "tool_call.output.delta")
      return [{ event, data: { ...data, partId: callIn(data.partId) } }];
    return [];
  }

  #created(data: PartData): readonly Said[] {
    const { messageId, type, metadata } = data;
    const partId = partOf(data);
    const place = `${messageId} ${partId}`;
    if (type === "tool-output" || (type === "tool-call" && this.#calls.has(place))) return [];
    if (type === "tool-call") this.#calls.add(place);
    const tool = metadata ? { metadata } : {};
    return [{ event: "part.created", data: { messageId, partId, type, ...tool } }];
  }
}

/** How the run itself stands. */
const RUN_WORDS: {
  readonly [Name in RunEventName]?: (data: RunEventData[Name]) => readonly Said[];
} = {
  "run.started": (data) => [started(data)],
  "run.resumed": (data) => [started(data)],
  "run.completed": () => [{ event: "run.completed", data: { scope: "agent" } }],
  "run.failed": ({ error, recoverable }) => [
    { event: "run.failed", data: { scope: "agent", error, recoverable } },
    ENDED,
  ],
  "run.interrupted": ({ reason }) => [
    { event: "run.interrupted", data: { scope: "agent", reason } },
  ],
  "run.suspended": ({ toolCalls }) => [...toolCalls.map(asked), ENDED],
  "stream.ended": () => [ENDED],
};

function started({ name }: { readonly name: string }): Said {
  return { event: "run.started", data: { scope: "agent", name } };
}

const ENDED: Said = { event: "stream.ended", data: { scope: "agent" } };

type PartData = Extract<RunChunk, { readonly event: "part.created" }>["data"];
type Call = Extract<RunChunk, { readonly event: "run.suspended" }>["data"]["toolCalls"][number];

/** AgentKit's question to a person. What is decided is named by `requestId`. */
function asked({ approvalId, callId, toolName, toolInput }: Call): Said {
  const toolCalls = [{ partId: callId, toolName, toolInput: plainJson(toolInput) }];
  return { event: "hitl.requested", data: { requestId: approvalId, toolCalls } };
}

/** A tool's part by its call, in call and output; a text's by its own id. */
function partOf({ type, partId, metadata }: PartData): string {
  return type === "text" ? partId : (metadata?.callId ?? callIn(partId));
}

/** The call in the id of one of its parts: `<turn>:call:<id>`, with `~2` behind it where it was begun anew. */
function callIn(partId: string): string {
  return partId.replace(/^\d+:(?:call|output):/, "").replace(/~\d+$/, "");
}

function finalOf({ type, finalContent }: PartData & { readonly finalContent: unknown }): unknown {
  const plain = plainJson(finalContent);
  return type === "tool-output" ? { data: plain } : plain;
}
