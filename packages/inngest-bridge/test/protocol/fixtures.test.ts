/**
 * Holds the in-process Inngest to what a real server was recorded to do: every scenario, with checkpointing
 * on and off, over HTTP. Where a real server is at hand, it is held to its own recording too.
 */
import { isDeepStrictEqual } from "node:util";
import { createTestInngest, serveTestInngest } from "@perdure/inngest-bridge/testing";
import { afterAll, describe, expect, it } from "vitest";
import { comparable, OURS, TIMING } from "./differences.ts";
import { fixtureOf, readFixture } from "./fixture.ts";
import { findRealInngest } from "./realServer.ts";
import { recordScenario } from "./recording.ts";
import type { ServerUnderTest } from "./recording.ts";
import { expectedOf } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { traceOf } from "./trace.ts";
import type { Trace } from "./trace.ts";

const all = scenarios.flatMap((scenario) =>
  (["off", "on"] as const).map((mode) => ({
    scenario,
    mode,
    name: `${scenario.id}, checkpointing ${mode}`,
  })),
);
const isDrill = ({ scenario, mode }: (typeof all)[number]): boolean =>
  process.env["DRILLS"] !== "1" && (scenario.drill?.includes(mode) ?? false);
const cases = all.filter((one) => !isDrill(one));
for (const { name } of all.filter(isDrill))
  process.stdout.write(`Left to make drills, because it takes minutes: ${name}.\n`);
const LIMIT_MS = 300_000;

/** A recording made now and the one that was kept. */
interface Pair {
  readonly now: Trace;
  readonly kept: Trace;
}

async function recorded(
  server: ServerUnderTest,
  { scenario, mode }: (typeof cases)[number],
): Promise<Pair> {
  const recording = await recordScenario(server, scenario, mode);
  expect(recording.outcome).toEqual(expectedOf(scenario, mode));
  const kept = traceOf(await readFixture(scenario.id, mode));
  return { now: traceOf(fixtureOf(scenario, mode, recording)), kept };
}

const pairs: Pair[] = [];

describe.concurrent("the in-process Inngest says what a real server said", () => {
  it.for(cases)("$name", { timeout: LIMIT_MS }, async (which) => {
    const inngest = createTestInngest({
      clock: "real",
      retryDelay: () => 1_000,
      inFlight: { perRun: Infinity },
      gateway: fetch,
    });
    const served = await serveTestInngest(inngest);
    try {
      const server = { url: served.url, sync: (url: string) => inngest.sync(url) };
      const pair = await recorded(server, which);
      pairs.push(pair);
      const differences = [...TIMING, ...OURS];
      expect(comparable(pair.now, differences)).toEqual(comparable(pair.kept, differences));
    } finally {
      await served.close();
    }
  });
});

describe("a difference that is allowed", () => {
  it.for(OURS)("is one: $what", (difference) => {
    const others = [...TIMING, ...OURS.filter((one) => one !== difference)];
    const differing = pairs.filter(
      ({ now, kept }) => !isDeepStrictEqual(comparable(now, others), comparable(kept, others)),
    );
    expect(differing).not.toEqual([]);
  });
});

const real = await findRealInngest();
afterAll(async () => {
  await real?.[Symbol.asyncDispose]();
});

if (real !== undefined) {
  describe(`a real server (${real.how}) says what it said`, () => {
    it.for(cases)("$name", { timeout: LIMIT_MS }, async (which) => {
      const { now, kept } = await recorded({ url: real.url, pollMs: 100 }, which);
      expect(comparable(now, TIMING)).toEqual(comparable(kept, TIMING));
    });
  });
}
