import {
  type Model,
  type ModelRequest,
  type ModelResponse,
  type StreamEvent,
  Usage,
} from "@openai/agents";
import type { Listener } from "../run/heard.ts";

/** A streamed answer as a whole one. Throws where it breaks off. */
export async function collect(
  events: AsyncIterable<StreamEvent>,
  listener: Listener,
): Promise<ModelResponse> {
  const calls = new Map<string, { readonly id: string; readonly name: string }>();
  let done: Extract<StreamEvent, { readonly type: "response_done" }> | undefined;
  for await (const event of events) {
    if (event.type === "output_text_delta") listener.text(event.delta);
    if (event.type === "model") hearCall(event.event as ProviderEvent, calls, listener);
    if (event.type === "response_done") done = event;
  }
  if (!done) throw new Error("The model's answer broke off.");
  const { id, usage, output, providerData } = done.response;
  return {
    output,
    usage: new Usage(usage as never),
    responseId: id,
    ...(providerData === undefined ? {} : { providerData }),
  };
}

/** What a model streams, as a whole answer that nobody hears before it is there. Throws where it breaks off. */
export async function wholeAnswer(model: Model, request: ModelRequest): Promise<ModelResponse> {
  return collect(model.getStreamedResponse(request), { text: () => {}, toolCall: () => {} });
}

/** An event of the Responses API, as far as it tells of a call's arguments. */
interface ProviderEvent {
  readonly type?: unknown;
  readonly item_id?: unknown;
  readonly delta?: unknown;
  readonly item?: {
    readonly type?: unknown;
    readonly id?: unknown;
    readonly call_id?: unknown;
    readonly name?: unknown;
  };
}

function hearCall(
  { type, item, item_id, delta }: ProviderEvent,
  calls: Map<string, { readonly id: string; readonly name: string }>,
  listener: Listener,
): void {
  if (type === "response.output_item.added" && item?.type === "function_call")
    calls.set(String(item.id), { id: String(item.call_id), name: String(item.name) });
  if (type !== "response.function_call_arguments.delta" || typeof delta !== "string") return;
  const call = calls.get(String(item_id));
  if (call) listener.toolCall(call, delta);
}
