#!/usr/bin/env node
import { parseArgs } from "node:util";
import { milliseconds } from "./duration.ts";
import { serveTestInngest } from "./http.ts";
import { createTestInngest } from "./server.ts";

/**
 * The in-process Inngest as a process of its own:
 * `node main.ts --port 8288 --app http://127.0.0.1:3000/api/inngest --retry-delay 200ms`.
 * Prints `inngest listening on <url>` once it listens, and `inngest synced <url>` for each app, for
 * which it waits until it is up. Runs until it is ended.
 */
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "8288" },
    host: { type: "string", default: "127.0.0.1" },
    app: { type: "string", multiple: true, default: [] },
    "retry-delay": { type: "string" },
    seed: { type: "string", default: "0" },
  },
});

const delay = values["retry-delay"];
const server = createTestInngest({
  clock: "real",
  routing: "last",
  seed: Number(values.seed),
  ...(delay === undefined ? {} : { retryDelay: () => milliseconds(delay) }),
});
const served = await serveTestInngest(server, { port: Number(values.port), host: values.host });
process.stdout.write(`inngest listening on ${served.url}\n`);
for (const app of values.app) await syncWhenUp(app);

async function syncWhenUp(app: string): Promise<void> {
  const pauseMs = 100;
  for (;;) {
    try {
      await server.sync(app);
      process.stdout.write(`inngest synced ${app}\n`);
      return;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
