import type { StreamEvent } from "@openai/agents";
import type { StoredResponse } from "./answer.ts";

/** A stored answer as the events of a streamed one: each of its texts in one piece, then the whole. */
export function* eventsOf({
  output,
  usage,
  responseId = "",
  providerData,
}: StoredResponse): Generator<StreamEvent> {
  yield { type: "response_started" };
  for (const item of output)
    if (item.type === "message" && item.role === "assistant")
      for (const part of item.content)
        if (part.type === "output_text") yield { type: "output_text_delta", delta: part.text };
  const response = {
    id: responseId,
    output: [...output],
    usage,
    ...(providerData === undefined ? {} : { providerData }),
  };
  // The SDK reads the numbers as they were told; those of a stored answer are the same.
  yield { type: "response_done", response } as StreamEvent;
}
