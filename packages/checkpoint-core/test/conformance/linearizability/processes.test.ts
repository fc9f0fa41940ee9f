import { fork } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { linearizabilityCases, runCase } from "../../../src/conformance/index.ts";
import { machineTime } from "../../../src/conformance/linearizability/record.ts";

/** Starting processes takes longer on a busy machine than a hung test should. */
const TIMEOUT_MS = 60_000;

test(
  "tells what went wrong in a process: a module without `open`, an error that is none of ours",
  async () => {
    const [clients] = linearizabilityCases({ seed: 1 });
    const failed = async (open: URL): Promise<string | undefined> =>
      clients && (await runCase(clients, async () => ({ open })))?.message;
    expect(await failed(new URL("modules/empty.ts", import.meta.url))).toContain(
      "exports no function `open`",
    );
    expect(await failed(new URL("modules/broken.ts", import.meta.url))).toContain(
      "TypeError: not a function",
    );
  },
  TIMEOUT_MS,
);

test(
  "the times of two processes can be compared: each that another says lies between two of this one",
  async () => {
    const child = fork(new URL("modules/clock.ts", import.meta.url), { execArgv: [] });
    onTestFinished(() => void child.kill());
    for (let round = 0; round < 100; round += 1) {
      const before = machineTime();
      const answer = once(child, "message");
      child.send("");
      const [theirs] = (await answer) as [number];
      expect(theirs).toBeGreaterThanOrEqual(before);
      expect(theirs).toBeLessThanOrEqual(machineTime());
    }
  },
  TIMEOUT_MS,
);
