import { setImmediate as turn } from "node:timers/promises";
import { type Backend, memoryBackend, StorageError } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { checkHistory } from "../../../src/conformance/linearizability/check.ts";
import { below, type Random, randomFrom } from "../../../src/conformance/linearizability/random.ts";
import { runClients } from "../../../src/conformance/linearizability/run.ts";

/** Turns that a write without an answer may be late by: long after its client went on. */
const LATE = 100;
const TIMEOUT_MS = 120_000;

function lose(): never {
  throw new StorageError("UNAVAILABLE", "The line was cut.");
}

/** The reference backend behind a bad line: a third of the writes get no answer, and were done, or not, or are done much later. */
function badLine(right: Backend, random: Random): Backend {
  const wait = async (most: number): Promise<void> => {
    for (let left = below(random, most); left > 0; left -= 1) await turn();
  };
  return {
    ...right,
    async write(...call) {
      const fate = random();
      await wait(4);
      if (fate < 0.1) return lose();
      if (fate < 0.2) {
        wait(LATE)
          .then(() => right.write(...call))
          .catch(() => undefined);
        return lose();
      }
      const written = await right.write(...call);
      await wait(4);
      return fate < 0.35 ? lose() : written;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

test(
  "a right backend with thousands of answers that never came is ok",
  async () => {
    const right = memoryBackend();
    const random = randomFrom(5);
    const { operations, codes } = await runClients(
      { open: () => badLine(right, random) },
      {
        seed: 5,
        processes: 4,
        clients: 4,
        operations: 300,
        partitions: 4,
        faults: 0,
        patienceMs: 5000,
        impatience: 5,
      },
    );
    expect(checkHistory(operations)).toEqual({ verdict: "ok" });
    expect(codes["UNAVAILABLE"]).toBeGreaterThan(1000);
  },
  TIMEOUT_MS,
);
