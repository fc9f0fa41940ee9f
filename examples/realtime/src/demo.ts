import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { openStore } from "@perdure/checkpoint-core";
import { createTestInngest, serveTestInngest } from "@perdure/inngest-bridge/testing";
import { Inngest } from "inngest";
import { createServer } from "inngest/node";
import { ferryAgent, ticketFor } from "./agent.ts";
import { listen } from "./listen.ts";

/**
 * One question, and three who hear the answer: one from its beginning, one who comes in its middle, and one who asks the store when all is over. Inngest is at `inngestUrl`, a dev server; or in this
 * process.
 */
export async function demo(say: (line: string) => void, inngestUrl?: string): Promise<void> {
  await using all = new AsyncDisposableStack();
  const standIn =
    inngestUrl === undefined
      ? await serveTestInngest(createTestInngest({ clock: "real" }))
      : undefined;
  all.defer(async () => standIn?.close());
  const quiet = { info() {}, warn() {}, error() {}, debug() {} };
  const baseUrl = inngestUrl ?? standIn?.url ?? "";
  const inngest = new Inngest({ id: "ferry-app", isDev: true, baseUrl, logger: quiet });
  const store = all.use(await openStore("memory:"));
  const middle = Promise.withResolvers<void>();
  const ferry = ferryAgent({
    inngest,
    store,
    // In the place of a provider's: it waits in the middle until somebody more listens.
    async model({ stream }) {
      stream?.text("The ferry ");
      await middle.promise;
      stream?.text("leaves at noon.");
      return { text: "The ferry leaves at noon." };
    },
  });
  const http = createServer({ client: inngest, functions: ferry.functions });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  all.defer(async () => {
    http.closeAllConnections();
    http.close();
  });
  const { port } = http.address() as AddressInfo;
  await fetch(`http://127.0.0.1:${port}/api/inngest`, { method: "PUT" });

  const runId = `run-${crypto.randomUUID()}`;
  const early = await heard(async (hear) => listen(await ticketFor(inngest, runId), hear));
  await ferry.start({ threadId: "ann", runId, prompt: "When does the ferry leave?" });
  await early.something;
  const late = await heard(async (hear) => listen(await ticketFor(inngest, runId), hear));
  middle.resolve();
  const [fromBeginning, fromMiddle] = await Promise.all([early.all, late.all]);
  const stored: string[] = [];
  for await (const { event, data } of (await ferry.observe(runId)).fullStream)
    if (event === "text.delta") stored.push(data.delta);
  say(`heard from the beginning: ${fromBeginning.join("| ")}`);
  say(`heard from the middle: ${fromMiddle.join("| ")}`);
  say(`observed afterwards: ${stored.join("| ")}`);
}

type Hear = Parameters<typeof listen>[1];

/** The pieces of text that a listener hears: `something` when there is one, `all` when the run has ended. */
async function heard(begin: (hear: Hear) => Promise<() => void>): Promise<{
  readonly something: Promise<void>;
  readonly all: Promise<readonly string[]>;
}> {
  const pieces: string[] = [];
  const something = Promise.withResolvers<void>();
  const all = Promise.withResolvers<readonly string[]>();
  const stop = await begin(({ event, data }) => {
    if (event === "text.delta") {
      pieces.push(data.delta);
      something.resolve();
    }
    if (event !== "stream.ended") return;
    stop();
    all.resolve(pieces);
  });
  return { something: something.promise, all: all.promise };
}
