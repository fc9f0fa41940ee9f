import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import type { InngestAgent } from "@perdure/inngest-bridge";
import type { Response } from "express";

/** Between two looks at a run whose decision is made and whose wake-up is on its way. */
const PAUSE_MS = 200;

/** Which run, whose, and from which event on. */
export interface Following {
  readonly runId: string;
  readonly scope: { readonly user: string };
  readonly offset: number;
}

/**
 * Sends a run's events to a browser's `EventSource`, until the run comes to rest or the browser goes away. A browser that reconnects says the last id, and goes on there: it may get events with that id
 * again, and drops those whose `id` in the data it has had.
 */
export async function sendEvents(
  response: Response,
  agent: InngestAgent,
  { runId, scope, offset }: Following,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const sent = new Set<string>();
  let from = offset;
  let goesOn = true;
  while (goesOn && !gone.signal.aborted) {
    const { fullStream, cleanup } = await agent.observe(runId, { offset: from, scope });
    gone.signal.addEventListener("abort", cleanup);
    if (!response.headersSent)
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    for await (const chunk of fullStream) {
      from = chunk.sequenceNumber;
      if (sent.has(chunk.id)) continue;
      sent.add(chunk.id);
      const told = `id: ${from}\nevent: ${chunk.event}\ndata: ${JSON.stringify(chunk)}\n\n`;
      if (!response.write(told))
        await Promise.race([once(response, "drain"), once(response, "close")]);
    }
    // Somebody has decided, and it rests only until Inngest wakes it.
    goesOn = (await agent.status({ runId, scope }))?.isReady ?? false;
    if (goesOn) await pause(PAUSE_MS);
  }
  response.end();
}
