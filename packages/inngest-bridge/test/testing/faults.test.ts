import { type Inngest, type InngestFunction, NonRetriableError } from "inngest";
import { describe, expect, test } from "vitest";
import { faultAt, type Fault, type Faults, seededFaults } from "../../src/testing/index.ts";
import { countOf, modes, runOf, startApp, type Started } from "./modes.ts";

interface Worked extends Started {
  /** Names of the steps' bodies in the order they ran, over all instances. */
  readonly ran: readonly string[];
}

const output = { a: "a", both: ["b", "c"], d: "d", caught: "NonRetriableError", answer: 1 };

/** A job with steps in sequence and in parallel, a failure, a sleep and a wait, under `faults`. */
async function work(options: {
  readonly checkpointing: boolean;
  readonly faults?: Faults;
  readonly instances?: readonly string[];
  readonly during?: (started: Started, step: string) => void;
}): Promise<Worked> {
  const { during, ...rest } = options;
  const ran: string[] = [];
  let self: Started | undefined;
  const body = (name: string) => () => {
    ran.push(name);
    if (self !== undefined) during?.(self, name);
    return name;
  };
  const job = (inngest: Inngest): InngestFunction.Any[] => [
    inngest.createFunction(
      { id: "fn", triggers: [{ event: "go" }], retries: 3 },
      async ({ step }) => {
        const a = await step.run("a", body("a"));
        const both = await Promise.all([step.run("b", body("b")), step.run("c", body("c"))]);
        const caught = await step
          .run("bad", () => {
            ran.push("bad");
            throw new NonRetriableError("bad");
          })
          .catch((error: Error) => error.name);
        await step.sleep("nap", "1m");
        const [event] = await Promise.all([
          step.waitForEvent("answer", { event: "answer", timeout: "1h" }),
          step.run(
            "nudge",
            async () => void (await inngest.send({ name: "answer", data: { n: 1 } })),
          ),
        ]);
        const d = await step.run("d", body("d"));
        return { a, both, d, caught, answer: event?.data["n"] as unknown };
      },
    ),
  ];
  self = await startApp({ retryDelay: () => 1000, instances: ["one", "two"], ...rest }, job);
  await self.server.send({ name: "go" });
  await self.server.settle({ advance: true });
  return { ...self, ran };
}

describe.each(modes)("with checkpointing $checkpointing", ({ checkpointing }) => {
  test("comes to the same end whichever answer is lost, and repeats only what was in it", async () => {
    const whole = await work({ checkpointing });
    expect(runOf(whole.server)).toMatchObject({ status: "Completed", output });
    expect(whole.server.requests.length).toBeGreaterThan(5);
    for (const { index, ops } of whole.server.requests) {
      const { server, ran } = await work({
        checkpointing,
        faults: faultAt(index, "lose-response"),
      });
      expect(runOf(server)).toMatchObject({ status: "Completed", output });
      expect(server.requests[index]).toMatchObject({ fault: "lose-response", ops: [] });
      expect(server.requests.some(({ attempt }) => attempt === 1)).toBe(true);
      const again = ops.filter(({ op }) => op === "StepRun").map(({ name }) => name);
      const expected = countOf([...whole.ran, ...again.filter((name) => name !== "nudge")]);
      const counted = countOf(ran);
      expect({ ...counted, bad: 0 }).toEqual({ ...expected, bad: 0 });
    }
  });

  test("comes to the same end whichever request is lost, and repeats nothing", async () => {
    const whole = await work({ checkpointing });
    for (const { index } of whole.server.requests) {
      const { server, ran } = await work({ checkpointing, faults: faultAt(index, "lose-request") });
      expect(runOf(server)).toMatchObject({ status: "Completed", output });
      expect(server.requests[index]).toMatchObject({ fault: "lose-request", instances: [] });
      expect({ ...countOf(ran), bad: 0 }).toEqual({ ...countOf(whole.ran), bad: 0 });
    }
  });

  test.each(["stop-before", "stop-during", "stop-after"] as const)(
    "goes on in another instance when one dies (%s), at every request",
    async (fault) => {
      const whole = await work({ checkpointing });
      for (const { index } of whole.server.requests) {
        const { server } = await work({ checkpointing, faults: faultAt(index, fault) });
        expect(runOf(server)).toMatchObject({ status: "Completed", output });
        const after = server.requests.slice(index + 1).flatMap(({ instances }) => instances);
        expect(new Set([...after, "two"])).toEqual(new Set(["two"]));
      }
    },
  );

  test.each(["double", { double: 0 }, { double: 1 }] as const)(
    "delivers any request twice at once, to two instances, and keeps one answer (%s)",
    async (fault) => {
      const whole = await work({ checkpointing });
      for (const { index, ops } of whole.server.requests) {
        const { server, ran } = await work({ checkpointing, faults: faultAt(index, fault) });
        expect(runOf(server)).toMatchObject({ status: "Completed", output });
        expect(server.requests[index]?.instances).toEqual(["one", "two"]);
        for (const { name, op } of ops) {
          if (op === "StepRun" && name !== "nudge") expect(countOf(ran)[name]).toBe(2);
        }
      }
    },
  );

  test("is at work on both copies of a doubled request at the same time", async () => {
    const seen: string[] = [];
    const { server } = await startApp(
      { checkpointing, faults: faultAt(0, "double"), instances: ["one", "two"] },
      (inngest) => {
        const name = `instance ${(born += 1)}`;
        return [
          inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
            return await step.run("a", async () => {
              seen.push(`${name} in`);
              await new Promise((resolve) => setImmediate(resolve));
              seen.push(`${name} out`);
              return name;
            });
          }),
        ];
      },
    );
    await server.send({ name: "go" });
    await server.settle();
    expect(seen).toEqual(["instance 1 in", "instance 2 in", "instance 1 out", "instance 2 out"]);
    expect(runOf(server)).toMatchObject({
      status: "Completed",
      output: "instance 1",
      requests: checkpointing ? 1 : 2,
    });
    expect(runOf(server).steps).toMatchObject([{ name: "a", data: "instance 1" }]);
  });
  let born = 0;

  test("counts the answer of the second copy when told to", async () => {
    let copies = 0;
    const { server } = await startApp(
      { checkpointing: false, faults: faultAt(0, { double: 1 }) },
      (inngest) => [
        inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
          return await step.run("a", () => (copies += 1));
        }),
      ],
    );
    await server.send({ name: "go" });
    await server.settle();
    expect(runOf(server).output).toBe(2);
  });

  test("never hears from an instance that is stopped while it runs a step", async () => {
    let stopped = false;
    const { server, ran } = await work({
      checkpointing,
      during: ({ server: running }, step) => {
        if (step !== "a" || stopped) return;
        stopped = true;
        running.stop("one");
      },
    });
    expect(runOf(server)).toMatchObject({ status: "Completed", output });
    expect(countOf(ran)["a"]).toBe(2);
    expect(server.requests[1]).toMatchObject({ attempt: 1, instances: ["two"] });
  });

  test("uses an attempt when no instance is there, and finds one that replaces it later", async () => {
    const { server, inngest } = await startApp({ checkpointing, retryDelay: () => 1000 }, app);
    server.stop("main");
    await server.send({ name: "go" });
    await server.settle();
    expect(server.requests).toMatchObject([{ attempt: 0, instances: [] }]);
    await server.register({ client: inngest, functions: app(inngest) });
    await server.settle({ advance: true });
    expect(runOf(server)).toMatchObject({ status: "Completed", output: "here" });
    expect(server.requests[1]).toMatchObject({ attempt: 1, instances: ["main"] });
  });

  test("fails a run whose app stays away, with an error that the server made", async () => {
    const { server } = await startApp({ checkpointing, retryDelay: () => 1000 }, app);
    server.stop("main");
    await server.send({ name: "go" });
    await server.settle({ advance: true });
    expect(runOf(server)).toMatchObject({ status: "Failed", error: { name: "Error" } });
    expect(runOf(server).error?.message).toContain("Unable to reach SDK URL");
  });

  test("fails a run past any catch when the last attempt's answer is lost", async () => {
    const { server } = await startApp(
      { checkpointing, retryDelay: () => 1, faults: faultAt(1, "lose-response") },
      (inngest) => [
        inngest.createFunction(
          { id: "fn", triggers: [{ event: "go" }], retries: 1 },
          async ({ step }) => {
            const failing = step.run("a", () => {
              throw new Error("bad");
            });
            return await failing.catch(() => "caught");
          },
        ),
      ],
    );
    await server.send({ name: "go" });
    await server.settle({ advance: true });
    expect(runOf(server)).toMatchObject({
      status: "Failed",
      error: { error: "Unable to reach SDK URL" },
    });
  });

  test("repeats itself exactly under seeded faults", async () => {
    for (const seed of [1, 2, 3])
      expect(await trace(checkpointing, seed)).toEqual(await trace(checkpointing, seed));
  });
});

describe("faults of the checkpoint API", () => {
  const cases: readonly Fault[] = ["lose-request", "lose-response", "stop-before", "stop-after"];
  test.each(cases)("comes to the same end whichever checkpoint meets %s", async (fault) => {
    const checkpoints = 3;
    for (let index = 0; index < checkpoints; index += 1) {
      const { server, ran } = await work({
        checkpointing: true,
        faults: { checkpoint: faultAt(index, fault) },
      });
      expect(runOf(server)).toMatchObject({ status: "Completed", output });
      const counts = countOf(ran);
      if (fault !== "stop-before") expect(counts["a"]).toBe(1);
      expect(counts["d"]).toBeLessThanOrEqual(2);
    }
  });

  test("repeats the step whose checkpoint an instance died before", async () => {
    const { server, ran } = await work({
      checkpointing: true,
      faults: { checkpoint: faultAt(0, "stop-before") },
    });
    expect(runOf(server)).toMatchObject({ status: "Completed", output });
    expect(countOf(ran)["a"]).toBe(2);
  });
});

test("takes an event once when the answer to its POST is lost and the SDK sends it again", async () => {
  const { server, inngest } = await startApp(
    { checkpointing: true, faults: { events: faultAt(0, "lose-response") } },
    app,
  );
  await inngest.send({ name: "go" });
  await server.settle();
  expect(runOf(server).status).toBe("Completed");
});

function app(inngest: Inngest): InngestFunction.Any[] {
  return [
    inngest.createFunction({ id: "fn", triggers: [{ event: "go" }], retries: 1 }, () => "here"),
  ];
}

/** Everything that seeded faults decide of a run. */
async function trace(checkpointing: boolean, seed: number): Promise<unknown> {
  const faults: readonly Fault[] = ["lose-request", "lose-response", "double"];
  const call = seededFaults({ seed, rate: 0.3, faults, max: 4 });
  const { server, ran } = await work({ checkpointing, faults: { call } });
  const requests = server.requests.map(({ fault, attempt, instances, steps, status }) => {
    return { fault, attempt, instances, steps, status };
  });
  return { ran, requests };
}
