/**
 * Records the protocol fixtures from a real Inngest server:
 *
 *     INNGEST_DEV=http://127.0.0.1:8288 node test/protocol/record.ts [part of a scenario's id] [on|off]
 *
 * Without INNGEST_DEV it starts the `inngest` found on the PATH. A server started by hand needs these
 * flags, or retries take minutes:
 *
 *     inngest dev --no-discovery --no-poll --host 127.0.0.1 --retry-interval 1 --tick 10
 *
 * Each scenario is its own app with a name never used before, so that one server serves many recordings.
 * Two proxies stand between the server and the app and see both directions: the server's calls of the
 * functions, and the SDK's calls of the server (events, checkpoints, registration). What they saw is
 * normalised and written to fixtures/<scenario>.<on|off>.json; `biome format --write` puts it into shape.
 * A scenario whose outcome is not the expected one writes nothing and makes the exit code 1.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { fixtureFile, fixtureOf } from "./fixture.ts";
import { findRealInngest } from "./realServer.ts";
import { recordScenario } from "./recording.ts";
import type { Mode } from "./recording.ts";
import { expectedOf } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

const [part = "", only] = process.argv.slice(2);
const modes = (["off", "on"] as const).filter((mode) => only === undefined || mode === only);

await using server = await findRealInngest();
if (server === undefined) process.exitCode = 1;
else {
  await mkdir(new URL("fixtures/", import.meta.url), { recursive: true });
  for (const scenario of scenarios.filter(({ id }) => id.includes(part))) {
    for (const mode of modes) await record(server.url, scenario, mode);
  }
}

async function record(url: string, scenario: Scenario, mode: Mode): Promise<void> {
  const began = Date.now();
  try {
    const recording = await recordScenario({ url, pollMs: 100 }, scenario, mode);
    const expected = expectedOf(scenario, mode);
    if (!isDeepStrictEqual(recording.outcome, expected)) {
      throw new Error(
        `expected ${JSON.stringify(expected)}, measured ${JSON.stringify(recording.outcome)}`,
      );
    }
    const fixture = fixtureOf(scenario, mode, recording);
    await writeFile(fixtureFile(scenario.id, mode), `${JSON.stringify(fixture, null, 2)}\n`);
    say(
      `${scenario.id}.${mode}: ${recording.exchanges.length} exchanges, ${Date.now() - began} ms`,
    );
  } catch (error) {
    process.exitCode = 1;
    say(`${scenario.id}.${mode}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
