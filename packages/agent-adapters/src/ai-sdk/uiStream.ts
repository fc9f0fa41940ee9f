import { checkGiven, StorageError } from "@perdure/checkpoint-core";
import type { RunChunk } from "@perdure/inngest-bridge/agent";
import type { FinishReason, UIMessageChunk } from "ai";

/** How a run is shown as a UI message. */
export interface UIMessageStreamOfRun {
  /** The message's id; the run's own when not given. */
  readonly messageId?: string;
  /** How many chunks the reader has, of those in front of what ends a stream (`finish-step`, `finish`, `error` and `abort` at its end do not count): it gets those behind them. 0 when not given. */
  readonly offset?: number;
}

/**
 * What a run says as one message of the AI SDK's UI, for `createUIMessageStreamResponse` or `readUIMessageStream`: a step for each turn, its text and its calls, what they gave, and approvals that
 * a person is asked for. It ends where the run comes to rest.
 *
 * It depends on the run's events alone, so it takes them from the first one on (`observe(runId)` without an offset), and every reader gets the same chunks under the same numbers. What agents
 * below the run say is left out. Throws `INVALID_ARGUMENT` for an offset that is no whole number from 0 on.
 */
export function toUIMessageStream(
  fullStream: ReadableStream<RunChunk>,
  { messageId, offset = 0 }: UIMessageStreamOfRun = {},
): ReadableStream<UIMessageChunk> {
  checkGiven("toUIMessageStream", { fullStream }, { fullStream: "object" });
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new StorageError("INVALID_ARGUMENT", "offset must be a whole number from 0 on.");
  const shown = new ShownMessage(messageId);
  let count = 0;
  return fullStream.pipeThrough(
    new TransformStream<RunChunk, UIMessageChunk>({
      transform(chunk, controller) {
        for (const said of shown.take(chunk)) if (count++ >= offset) controller.enqueue(said);
      },
      flush(controller) {
        for (const said of shown.end()) controller.enqueue(said);
      },
    }),
  );
}

/** A chunk of the step that is shown, and the part that it belongs to. */
interface Said {
  readonly part: string;
  readonly chunk: UIMessageChunk;
}

class ShownMessage {
  #messageId: string | undefined;
  #hasBegun = false;
  /** The turn that is shown, by its message's id. */
  #turn: string | undefined;
  #step: readonly Said[] = [];
  /** What tools have said on their way, by call. */
  readonly #preliminary = new Map<string, string>();
  /** The calls of parts, by part. */
  readonly #calls = new Map<string, string>();
  #rest: RunChunk | undefined;

  constructor(messageId: string | undefined) {
    this.#messageId = messageId;
  }

  take(chunk: RunChunk): readonly UIMessageChunk[] {
    if (chunk.child) return [];
    const said = this.#own(chunk);
    if (this.#hasBegun || said.length === 0) return said;
    this.#hasBegun = true;
    this.#messageId ??= runIdIn(chunk);
    return [{ type: "start", messageId: this.#messageId }, ...said];
  }

  /** What ends the stream, by how the run rests. */
  end(): readonly UIMessageChunk[] {
    const step: readonly UIMessageChunk[] =
      this.#turn === undefined ? [] : [{ type: "finish-step" }];
    return [...step, ...ending(this.#rest)];
  }

  #own(chunk: RunChunk): readonly UIMessageChunk[] {
    const { event, data } = chunk;
    if (event === "part.created") return this.#created(data);
    if (event === "part.completed") return this.#completed(data);
    if (event === "part.failed") return this.#failed(data.partId);
    if ("delta" in data) return this.#delta(chunk.event, data);
    if (event === "step.completed") return this.#result(data.result);
    if (event === "run.started" || event === "run.resumed") this.#rest = undefined;
    if (event in ENDINGS) this.#rest = chunk;
    if (event !== "run.suspended") return [];
    return data.toolCalls.flatMap(({ approvalId, callId: toolCallId }) =>
      this.#say(toolCallId, { type: "tool-approval-request", approvalId, toolCallId }),
    );
  }

  #created({ partId, messageId, type, metadata }: PartData): readonly UIMessageChunk[] {
    if (type === "tool-output") {
      this.#calls.set(partId, metadata?.callId ?? partId);
      return [];
    }
    const turned = this.#turnTo(messageId);
    if (type === "text")
      return [...turned, ...this.#say(partId, { type: "text-start", id: partId })];
    const { callId: toolCallId = partId, toolName = "" } = metadata ?? {};
    this.#calls.set(partId, toolCallId);
    return [
      ...turned,
      ...this.#say(toolCallId, { type: "tool-input-start", toolCallId, toolName }),
    ];
  }

  #completed({ partId, type, metadata, ...data }: PartData): readonly UIMessageChunk[] {
    if (type === "text") return this.#say(partId, { type: "text-end", id: partId });
    // What a tool gave is told by its step, which knows whether it failed.
    if (type === "tool-output") return [];
    const { callId: toolCallId = partId, toolName = "" } = metadata ?? {};
    const { finalContent: input } = data as { readonly finalContent?: unknown };
    return this.#say(toolCallId, { type: "tool-input-available", toolCallId, toolName, input });
  }

  #delta(event: RunChunk["event"], { partId, delta }: DeltaData): readonly UIMessageChunk[] {
    if (event === "text.delta") return this.#say(partId, { type: "text-delta", id: partId, delta });
    const toolCallId = this.#calls.get(partId) ?? partId;
    if (event === "tool_call.arguments.delta")
      return this.#say(toolCallId, { type: "tool-input-delta", toolCallId, inputTextDelta: delta });
    const output = (this.#preliminary.get(partId) ?? "") + delta;
    this.#preliminary.set(partId, output);
    const said = { type: "tool-output-available", toolCallId, output, preliminary: true } as const;
    return this.#say(toolCallId, said);
  }

  #result(result: StepResult): readonly UIMessageChunk[] {
    if (!("callId" in result)) return [];
    const { callId: toolCallId, output, isError } = result;
    if (!isError)
      return this.#say(toolCallId, { type: "tool-output-available", toolCallId, output });
    const errorText = typeof output === "string" ? output : JSON.stringify(output);
    return this.#say(toolCallId, { type: "tool-output-error", toolCallId, errorText });
  }

  /** What was shown of the part counts no more: the step is shown again without it. An output's begins anew. */
  #failed(partId: string): readonly UIMessageChunk[] {
    this.#preliminary.delete(partId);
    const part = this.#calls.get(partId) ?? partId;
    const isOutput = /^\d+:output:/.test(partId);
    if (isOutput || !this.#step.some((said) => said.part === part)) return [];
    this.#step = this.#step.filter((said) => said.part !== part);
    return [{ type: "reset-step" }, ...this.#step.map(({ chunk }) => chunk)];
  }

  #turnTo(messageId: string): readonly UIMessageChunk[] {
    if (this.#turn === messageId) return [];
    const ended: readonly UIMessageChunk[] =
      this.#turn === undefined ? [] : [{ type: "finish-step" }];
    this.#turn = messageId;
    this.#step = [];
    return [...ended, { type: "start-step" }];
  }

  #say(part: string, chunk: UIMessageChunk): readonly UIMessageChunk[] {
    this.#step = [...this.#step, { part, chunk }];
    return [chunk];
  }
}

type PartData = Extract<RunChunk, { readonly event: "part.created" }>["data"];
type DeltaData = Extract<RunChunk, { readonly event: "text.delta" }>["data"];
type StepResult = Extract<RunChunk, { readonly event: "step.completed" }>["data"]["result"];

/** The events that a run rests at, and why the SDK would say it has stopped. */
const ENDINGS: { readonly [Name in RunChunk["event"]]?: FinishReason } = {
  "run.completed": "stop",
  "run.suspended": "tool-calls",
  "run.failed": "error",
  "run.interrupted": "other",
};

function ending(rest: RunChunk | undefined): readonly UIMessageChunk[] {
  if (!rest) return [];
  const finish: UIMessageChunk = { type: "finish", finishReason: ENDINGS[rest.event] ?? "other" };
  if (rest.event === "run.failed") return [{ type: "error", errorText: rest.data.error }, finish];
  if (rest.event === "run.interrupted") return [{ type: "abort", reason: rest.data.reason }];
  return [finish];
}

/** Its own; of what names none, the one that its id begins with. */
function runIdIn({ data, id }: RunChunk): string {
  return "runId" in data ? data.runId : id.replace(/:\d+:\d+$/, "");
}
