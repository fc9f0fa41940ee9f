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
const usage = `Usage: perdure-test-inngest [options]

  --port <number>       where it listens: 8288 when not given, 0 for any free port
  --host <address>      127.0.0.1 when not given
  --app <url>           an app's serve URL, waited for until it is up; may be given several times
  --retry-delay <time>  the pause before a retry (200ms, 1s); Inngest's own when not given
  --seed <number>       of all that is random here; 0 when not given
  --help                says this
`;

const options = {
  port: { type: "string", default: "8288" },
  host: { type: "string", default: "127.0.0.1" },
  app: { type: "string", multiple: true },
  "retry-delay": { type: "string" },
  seed: { type: "string", default: "0" },
  help: { type: "boolean", short: "h", default: false },
} as const;

const config = { options, strict: true } as const;
type Asked = ReturnType<typeof parseArgs<typeof config>>;

const asked = understood();
if (asked === undefined || asked.values.help) {
  if (asked) process.stdout.write(usage);
  process.exit(asked ? 0 : 1);
}
const { values } = asked;

const delay = values["retry-delay"];
const server = createTestInngest({
  clock: "real",
  routing: "last",
  gateway: fetch,
  seed: Number(values.seed),
  ...(delay === undefined ? {} : { retryDelay: () => milliseconds(delay) }),
});
const served = await serveTestInngest(server, { port: Number(values.port), host: values.host });
process.stdout.write(`inngest listening on ${served.url}\n`);
for (const app of values.app ?? []) await syncWhenUp(app);

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

/** What was asked for; `undefined` for what is not understood, which is told in a line above the usage, without a trace. */
function understood(): Asked | undefined {
  try {
    return parseArgs(config);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return undefined;
  }
}
