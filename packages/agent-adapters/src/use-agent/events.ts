import type { RunView } from "@perdure/inngest-bridge/agent";
import { objectOf, optionalText } from "./body.ts";
import { AgentKitChunks, type AgentKitChunk } from "./chunks.ts";
import type { Asked } from "./contract.ts";
import { noThread } from "./refusal.ts";
import { heldThread, threadIn, wholeIn } from "./threads.ts";

const EVENTS: ReadonlySet<string> = new Set(["run", "after"]);

/** A line now and then, so that nobody on the way takes the connection for dead. */
const ALIVE_MS = 15_000;
/** Between two looks at a run that is about to go on; each time twice as long, up to the longest. */
const PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/**
 * What is said on a thread, in AgentKit's format, as server-sent events: of the run `run` behind the number `after`, or of the run that has the thread, from its first word on; then of the
 * runs behind it. The answer ends when the thread is at rest: nobody works on it, or a person is asked.
 */
export async function events(asked: Asked): Promise<Response> {
  const { store, url, request } = asked;
  const { id: threadId } = await heldThread(store, threadIn(asked));
  const query = objectOf("The query", Object.fromEntries(url.searchParams), EVENTS);
  const run = optionalText(query, "run", 2048) ?? (await store.runs.holding(threadId))?.id;
  const after = wholeIn(query, "after", { least: 0, most: Number.MAX_SAFE_INTEGER, otherwise: -1 });
  if (run !== undefined && (await store.runs.get(run))?.threadId !== threadId) throw noThread();
  const stopped = new AbortController();
  const signal = AbortSignal.any([request.signal, stopped.signal]);
  const chunks = threadChunks(asked, { threadId, run, after, signal });
  return new Response(streamed(chunks, stopped), {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    },
  });
}

interface From {
  readonly threadId: string;
  readonly run: string | undefined;
  readonly after: number;
  readonly signal: AbortSignal;
}

async function* threadChunks(asked: Asked, from: From): AsyncGenerator<AgentKitChunk, undefined> {
  const { threadId, signal } = from;
  let { run, after } = from;
  while (run !== undefined && !signal.aborted) {
    yield* runChunks(asked, { ...from, run, after });
    const next: string | undefined = (await asked.store.runs.holding(threadId))?.id;
    run = next === run ? undefined : next;
    after = -1;
  }
  return undefined;
}

/** What is said of one run until it rests, or goes on in another's name. */
async function* runChunks(
  { options: { agent }, scope }: Asked,
  { threadId, run: runId, after, signal }: From & { readonly run: string },
): AsyncGenerator<AgentKitChunk, undefined> {
  let seen = after;
  for (let pause = PAUSE_MS; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const words = new AgentKitChunks({ runId, threadId });
    const stream = await agent.observe(runId, { scope });
    signal.addEventListener("abort", stream.cleanup, { once: true });
    try {
      for await (const chunk of stream.fullStream) {
        for (const said of words.take(chunk)) {
          if (said.sequenceNumber <= seen) continue;
          seen = said.sequenceNumber;
          pause = PAUSE_MS;
          yield said;
        }
      }
    } finally {
      signal.removeEventListener("abort", stream.cleanup);
      stream.cleanup();
    }
    if (!goesOn(await agent.status({ runId, scope }))) return undefined;
    await paused(pause, signal);
  }
  return undefined;
}

/** It is at rest no more, or will be so as soon as its wake-up comes. */
function goesOn(view: RunView | undefined): boolean {
  if (!view) return false;
  const { status } = view.run;
  return view.isReady || status === "running" || status === "queued";
}

async function paused(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

/** The chunks as server-sent events, read as they are taken. A failure on the way ends the answer: who reads it asks again, from where it was. */
function streamed(
  chunks: AsyncGenerator<AgentKitChunk, undefined>,
  stopped: AbortController,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let alive: NodeJS.Timeout | undefined;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(": \n\n"));
      alive = setInterval(() => controller.enqueue(encoder.encode(": \n\n")), ALIVE_MS);
    },
    async pull(controller) {
      try {
        const { value, done } = await chunks.next();
        if (done !== true) {
          controller.enqueue(encoder.encode(`data: ${JSON.stringify(value)}\n\n`));
          return;
        }
      } catch {
        // As a connection that breaks.
      }
      clearInterval(alive);
      controller.close();
    },
    cancel() {
      clearInterval(alive);
      stopped.abort();
    },
  });
}
