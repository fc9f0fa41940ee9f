import { once } from "node:events";
import type { RunStream } from "@perdure/inngest-bridge";
import type { Response } from "express";

/**
 * Sends a run's events to a browser's `EventSource`, until the run comes to rest or the browser goes away. A browser that reconnects says the last id, and goes on there: it may get events with that id
 * again, and drops those whose `id` in the data it has had.
 */
export async function sendEvents(
  response: Response,
  { fullStream, cleanup }: RunStream,
): Promise<void> {
  response.once("close", cleanup);
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  for await (const chunk of fullStream) {
    const told = `id: ${chunk.sequenceNumber}\nevent: ${chunk.event}\ndata: ${JSON.stringify(chunk)}\n\n`;
    if (!response.write(told))
      await Promise.race([once(response, "drain"), once(response, "close")]);
  }
  response.end();
}
