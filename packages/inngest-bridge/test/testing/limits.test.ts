import { describe, expect, test } from "vitest";
import { modes, runOf, startApp } from "./modes.ts";

const half = "\ud83d";

describe.each(modes)("with checkpointing $checkpointing", ({ checkpointing }) => {
  test("kills a run whose memoised output holds a lone surrogate, past any catch", async () => {
    const { server } = await startApp({ checkpointing, retryDelay: () => 1 }, (inngest) => [
      inngest.createFunction(
        { id: "fn", triggers: [{ event: "go" }], retries: 1 },
        async ({ step }) => {
          try {
            await step.run("a", () => ({ text: half }));
            await step.sleep("nap", "1s");
          } catch {
            return "caught";
          }
          return "passed";
        },
      ),
    ]);
    await server.send({ name: "go" });
    await server.settle({ advance: true });
    expect(runOf(server).status).toBe("Failed");
    expect(runOf(server).error?.message).toContain(
      "error transforming request with JCS: Missing surrogate",
    );
  });

  test("kills a run whose memoised cause holds a lone surrogate", async () => {
    const { server } = await startApp({ checkpointing, retryDelay: () => 1 }, (inngest) => [
      inngest.createFunction(
        { id: "fn", triggers: [{ event: "go" }], retries: 0 },
        async ({ step }) => {
          await step
            .run("a", () => {
              throw new Error("bad", { cause: { text: half } });
            })
            .catch(() => undefined);
          return "passed";
        },
      ),
    ]);
    await server.send({ name: "go" });
    await server.settle({ advance: true });
    expect(runOf(server).error?.message).toContain("Missing surrogate");
  });

  test("replaces a lone surrogate in an error's message and in an event's data", async () => {
    const { server } = await startApp({ checkpointing, retryDelay: () => 1 }, (inngest) => [
      inngest.createFunction(
        { id: "fn", triggers: [{ event: "go" }], retries: 0 },
        async ({ step, event }) => {
          const message = await step
            .run("a", () => {
              throw new Error(`bad ${half}`);
            })
            .catch((error: Error) => error.message);
          return [message, event.data["text"]];
        },
      ),
    ]);
    await server.send({ name: "go", data: { text: `x${half}` } });
    await server.settle({ advance: true });
    expect(runOf(server).output).toEqual(["bad \uFFFD", "x\uFFFD"]);
  });

  test("runs a step whose output is too large on every attempt, then fails the run past any catch", async () => {
    let ran = 0;
    const { server } = await startApp(
      { checkpointing, retryDelay: () => 1, limits: { stepOutputBytes: 1000 } },
      (inngest) => [
        inngest.createFunction(
          { id: "fn", triggers: [{ event: "go" }], retries: 1 },
          async ({ step }) => {
            try {
              await step.run("a", () => {
                ran += 1;
                return "x".repeat(1000);
              });
            } catch {
              return "caught";
            }
            return "passed";
          },
        ),
      ],
    );
    await server.send({ name: "go" });
    await server.settle({ advance: true });
    expect(ran).toBe(2);
    expect(runOf(server).status).toBe("Failed");
    expect(runOf(server).error?.message).toContain("step output size is greater than the limit");
  });

  test("lets a step's output have exactly as many bytes as it may", async () => {
    const wrapper = '{"data":""}'.length;
    const { server } = await startApp(
      { checkpointing, limits: { stepOutputBytes: 1000 } },
      (inngest) => [
        inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
          const a = await step.run("a", () => "x".repeat(1000 - wrapper));
          return a.length;
        }),
      ],
    );
    await server.send({ name: "go" });
    await server.settle();
    expect(runOf(server)).toMatchObject({ status: "Completed", output: 1000 - wrapper });
  });

  test("fails a run at once whose state was too large when it was called", async () => {
    const { server } = await startApp(
      { checkpointing, limits: { stateBytes: 2500 } },
      (inngest) => [
        inngest.createFunction(
          { id: "fn", triggers: [{ event: "go" }], retries: 3 },
          async ({ step }) => {
            for (const name of ["a", "b", "c", "d"]) await step.run(name, () => "x".repeat(1000));
          },
        ),
      ],
    );
    await server.send({ name: "go" });
    await server.settle();
    const run = runOf(server);
    expect(run).toMatchObject({ status: "Failed", error: { error: "InngestErrStateOverflowed" } });
    expect(run.steps.map(({ name }) => name)).toEqual(checkpointing ? ["a", "b", "c"] : ["a", "b"]);
  });

  test("has the SDK fetch a state that is too large for a request", async () => {
    const { server } = await startApp(
      { checkpointing, limits: { requestBytes: 4096 } },
      (inngest) => [
        inngest.createFunction(
          { id: "fn", triggers: [{ event: "go" }] },
          async ({ step, event }) => {
            const got: string[] = [];
            for (const name of ["a", "b", "c", "d"])
              got.push(await step.run(name, () => name.repeat(1500)));
            await step.sleep("nap", "1s");
            return [got.map((text) => text.length), event.data["n"]];
          },
        ),
      ],
    );
    await server.send({ name: "go", data: { n: 1 } });
    await server.settle({ advance: true });
    expect(runOf(server)).toMatchObject({
      status: "Completed",
      output: [[1500, 1500, 1500, 1500], 1],
    });
  });

  test("counts steps only between requests", async () => {
    const { server } = await startApp({ checkpointing, limits: { steps: 5 } }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step, event }) => {
        for (let n = 0; n < Number(event.data["steps"]); n += 1) await step.run(`s${n}`, () => n);
        if (event.data["nap"] === true) await step.sleep("nap", "1s");
        return "passed";
      }),
    ]);
    await server.send([
      { name: "go", data: { steps: 4 } },
      { name: "go", data: { steps: 5 } },
      { name: "go", data: { steps: 6, nap: true } },
    ]);
    await server.settle({ advance: true });
    const outcomes = server.runs().map(({ status, steps }) => [status, steps.length]);
    expect(outcomes).toEqual([
      ["Completed", 4],
      checkpointing ? ["Completed", 5] : ["Failed", 5],
      ["Failed", checkpointing ? 7 : 5],
    ]);
    expect(server.runs()[2]?.error?.message).toContain("exceeded the step limit of 5 steps");
  });

  test("fails a run that plans more steps at once than a run may have", async () => {
    let ran = 0;
    const { server } = await startApp(
      { checkpointing, limits: { opsPerResponse: 10 } },
      (inngest) => [
        inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
          await Promise.all(
            Array.from({ length: 11 }, (_, n) => step.run(`s${n}`, () => void (ran += 1))),
          );
        }),
      ],
    );
    await server.send({ name: "go" });
    await server.settle();
    expect(runOf(server).status).toBe("Failed");
    expect(ran).toBe(0);
  });
});

test("has the limits of the real server", async () => {
  let ran = 0;
  const { server } = await startApp({ checkpointing: false, retryDelay: () => 1 }, (inngest) => [
    inngest.createFunction(
      { id: "fn", triggers: [{ event: "go" }], retries: 1 },
      async ({ step }) => {
        const a = await step.run("a", () => "x".repeat(4_194_304 - 11));
        await step.run("b", () => {
          ran += 1;
          return "x".repeat(4_194_304 - 10);
        });
        return a.length;
      },
    ),
  ]);
  await server.send({ name: "go" });
  await server.settle({ advance: true });
  expect(ran).toBe(2);
  expect(runOf(server)).toMatchObject({ status: "Failed" });
  expect(runOf(server).steps.map(({ name }) => name)).toEqual(["a"]);
});
