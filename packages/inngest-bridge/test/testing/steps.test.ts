import { NonRetriableError, RetryAfterError } from "inngest";
import { describe, expect, test } from "vitest";
import { runOf, startApp, modes } from "./modes.ts";

describe.each(modes)("with checkpointing $checkpointing", ({ checkpointing }) => {
  test("runs a sequence of steps once each and memoises what they return", async () => {
    const ran: string[] = [];
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step, event }) => {
        const a = await step.run("a", () => (ran.push("a"), { z: 1, y: [undefined, Number.NaN] }));
        const b = await step.run("b", () => (ran.push("b"), Object.keys(a)));
        return { a, b, data: event.data };
      }),
    ]);
    await server.send({ name: "go", data: { n: 1 } });
    await server.settle();
    const run = runOf(server);
    expect(run).toMatchObject({
      status: "Completed",
      output: { a: { z: 1, y: [null, null] }, data: { n: 1 } },
      requests: checkpointing ? 1 : 3,
    });
    expect(run.steps.map(({ name, op }) => [name, op])).toEqual([
      ["a", "StepRun"],
      ["b", "StepRun"],
    ]);
    expect(ran).toEqual(["a", "b"]);
    expect(
      server.requests.map(({ attempt, status, checkpointed }) => ({
        attempt,
        status,
        checkpointed,
      })),
    ).toEqual(
      checkpointing
        ? [{ attempt: 0, status: 206, checkpointed: ["a", "b"] }]
        : [
            { attempt: 0, status: 206, checkpointed: [] },
            { attempt: 0, status: 206, checkpointed: [] },
            { attempt: 0, status: 200, checkpointed: [] },
          ],
    );
  });

  test("gives memoised objects and events back with sorted keys", async () => {
    const seen: string[] = [];
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step, event }) => {
        const a = await step.run("a", () => ({ z: 1, y: { d: 1, c: 2 } }));
        await step.sleep("nap", "1s");
        seen.push(JSON.stringify(a), JSON.stringify(event.data));
      }),
    ]);
    await server.send({ name: "go", data: { b: 1, a: { d: 1, c: 2 } } });
    await server.advance("1s");
    expect(seen.slice(-2)).toEqual(['{"y":{"c":2,"d":1},"z":1}', '{"a":{"c":2,"d":1},"b":1}']);
  });

  test("calls parallel steps back one by one and goes on when all are done", async () => {
    const ran: string[] = [];
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
        const names = ["a", "b", "c"];
        const got = await Promise.all(
          names.map((name) => step.run(name, () => (ran.push(name), name))),
        );
        return await step.run("join", () => got.join(""));
      }),
    ]);
    await server.send({ name: "go" });
    await server.settle();
    expect(runOf(server)).toMatchObject({ status: "Completed", output: "abc" });
    expect(ran).toEqual(["a", "b", "c"]);
    expect(server.requests).toHaveLength(checkpointing ? 5 : 6);
    const join = server.requests[4];
    expect(checkpointing ? join?.checkpointed : join?.ops.map(({ name }) => name)).toEqual([
      "join",
    ]);
    expect(server.requests[0]?.ops.map(({ op, name }) => [op, name])).toEqual([
      ["StepPlanned", "a"],
      ["StepPlanned", "b"],
      ["StepPlanned", "c"],
    ]);
    expect(
      server.requests.slice(1, 4).map(({ stepId, ops }) => [typeof stepId, ops[0]?.op]),
    ).toEqual([
      ["string", "StepRun"],
      ["string", "StepRun"],
      ["string", "StepRun"],
    ]);
  });

  test("chooses another order of parallel steps by the seed, the same one each time", async () => {
    const orders = await Promise.all([1, 2, 3, 4, 5].map((seed) => order(checkpointing, seed)));
    expect(new Set(orders).size).toBeGreaterThan(1);
    expect(await Promise.all([1, 2, 3, 4, 5].map((seed) => order(checkpointing, seed)))).toEqual(
      orders,
    );
  });

  test("retries a step with attempts of its own and starts them again after a success", async () => {
    const attempts: string[] = [];
    const { server } = await startApp({ checkpointing, retryDelay: () => 1000 }, (inngest) => [
      inngest.createFunction(
        { id: "fn", triggers: [{ event: "go" }], retries: 2 },
        async ({ step, attempt }) => {
          for (const name of ["a", "b"]) {
            await step.run(name, () => {
              attempts.push(`${name}${attempt}`);
              if (attempt < 2) throw new Error("not yet");
            });
          }
          return "done";
        },
      ),
    ]);
    await server.send({ name: "go" });
    await server.settle();
    expect(runOf(server).status).toBe("Running");
    await server.settle({ advance: true });
    expect(runOf(server)).toMatchObject({ status: "Completed", output: "done" });
    expect(attempts).toEqual(["a0", "a1", "a2", "b0", "b1", "b2"]);
  });

  test("waits for the server's back-off before each retry", async () => {
    const { server } = await startApp(
      { checkpointing, start: 0, retryDelay: (attempt) => attempt * 60_000 },
      (inngest) => [
        inngest.createFunction(
          { id: "fn", triggers: [{ event: "go" }], retries: 2 },
          async ({ step }) => {
            await step.run("a", () => {
              times.push(server.now());
              throw new Error("never");
            });
          },
        ),
      ],
    );
    const times: number[] = [];
    await server.send({ name: "go" });
    await server.advance("59s");
    expect(times).toEqual([0]);
    await server.settle({ advance: true });
    expect(times).toEqual([0, 60_000, 180_000]);
  });

  test("gives a caught failure back as a StepError with name, message and cause", async () => {
    const { server } = await startApp({ checkpointing, retryDelay: () => 1 }, (inngest) => [
      inngest.createFunction(
        { id: "fn", triggers: [{ event: "go" }], retries: 1 },
        async ({ step }) => {
          try {
            await step.run("a", () => {
              throw Object.assign(new TypeError("bad"), {
                cause: { kind: "Conflict", at: [1] },
                code: "E1",
              });
            });
            return "not thrown";
          } catch (error) {
            const { name, message, cause } = error as Error;
            return { name, message, cause, code: (error as { code?: string }).code };
          }
        },
      ),
    ]);
    await server.send({ name: "go" });
    await server.settle({ advance: true });
    expect(runOf(server)).toMatchObject({
      status: "Completed",
      output: { name: "TypeError", message: "bad", cause: { kind: "Conflict", at: [1] } },
    });
    expect(runOf(server).output).not.toHaveProperty("code");
  });

  test("does not retry a NonRetriableError", async () => {
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction(
        { id: "fn", triggers: [{ event: "go" }], retries: 5 },
        async ({ step }) => {
          await step.run("a", () => {
            ran += 1;
            throw new NonRetriableError("no");
          });
        },
      ),
    ]);
    let ran = 0;
    await server.send({ name: "go" });
    await server.settle();
    expect(ran).toBe(1);
    expect(runOf(server)).toMatchObject({
      status: "Failed",
      error: { name: "NonRetriableError", message: "no" },
    });
  });

  test("retries when a RetryAfterError says so", async () => {
    const times: number[] = [];
    const { server } = await startApp({ checkpointing, start: 0 }, (inngest) => [
      inngest.createFunction(
        { id: "fn", triggers: [{ event: "go" }], retries: 1 },
        async ({ step, attempt }) => {
          await step.run("a", () => {
            times.push(server.now());
            if (attempt === 0) throw new RetryAfterError("later", "90s");
          });
        },
      ),
    ]);
    await server.send({ name: "go" });
    await server.settle({ advance: true });
    expect(times).toEqual([0, 90_000]);
    expect(runOf(server).status).toBe("Completed");
  });

  test("fails the run when the function itself throws on every attempt", async () => {
    const { server } = await startApp({ checkpointing, retryDelay: () => 1 }, (inngest) => [
      inngest.createFunction(
        { id: "fn", triggers: [{ event: "go" }], retries: 1 },
        ({ attempt }) => {
          throw new RangeError(`attempt ${attempt}`);
        },
      ),
    ]);
    await server.send({ name: "go" });
    await server.settle({ advance: true });
    expect(runOf(server)).toMatchObject({
      status: "Failed",
      error: { name: "RangeError", message: "attempt 1" },
      requests: 2,
    });
  });

  test("counts steps of the same id by the order of their calls", async () => {
    const { server } = await startApp({ checkpointing }, (inngest) => [
      inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
        const got: number[] = [];
        for (let n = 0; n < 3; n += 1) got.push(await step.run("same", () => n));
        return got;
      }),
    ]);
    await server.send({ name: "go" });
    await server.settle();
    expect(runOf(server).output).toEqual([0, 1, 2]);
  });
});

test("tries five times when the function does not say how often", async () => {
  const { server } = await startApp({ checkpointing: false, retryDelay: () => 1 }, (inngest) => [
    inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, () => {
      throw new Error("never");
    }),
  ]);
  await server.send({ name: "go" });
  await server.settle({ advance: true });
  expect(server.requests.map(({ attempt }) => attempt)).toEqual([0, 1, 2, 3, 4]);
});

/** The order in which four parallel steps run. */
async function order(checkpointing: boolean, seed: number): Promise<string> {
  const ran: string[] = [];
  const { server } = await startApp({ checkpointing, seed, order: "seeded" }, (inngest) => [
    inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async ({ step }) => {
      const names = ["a", "b", "c", "d"];
      await Promise.all(names.map((name) => step.run(name, () => void ran.push(name))));
    }),
  ]);
  await server.send({ name: "go" });
  await server.settle();
  return ran.join("");
}
