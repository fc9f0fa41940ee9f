import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { currentStep, durable, perdureMiddleware, withStep } from "../src/index.ts";
import { createTestInngest } from "../src/testing/index.ts";

const modes = [true, false];

test.each(modes)(
  "durable is a step in a function's body and part of the step within one (checkpointing %s)",
  async (checkpointing) => {
    const server = createTestInngest();
    const inngest = server.client({ id: "app", checkpointing, middleware: [perdureMiddleware] });
    const log: string[] = [];
    const fn = inngest.createFunction(
      { id: "fn", triggers: [{ event: "go" }], retries: 1 },
      async ({ step }) => {
        expect(currentStep()).toBe(undefined);
        const outer = await step.run("outer", async () => {
          log.push(`outer ${currentStep()?.operationId().split("/").at(-1)}`);
          const inner = await durable("inner", () => {
            log.push(`inner ${currentStep()?.operationId().split("/").at(-1)}`);
            return 1;
          });
          return inner + 1;
        });
        return outer + (await durable("own", () => 10));
      },
    );
    await server.register({ client: inngest, functions: [fn] });
    await server.send({ name: "go", data: {} });
    await server.settle();
    const [run] = server.runs();
    expect(run).toMatchObject({ status: "Completed", output: 12 });
    expect(run?.steps.map(({ name }) => name)).toEqual(["outer", "own"]);
    expect(log).toEqual(["outer 0", "inner 1"]);
  },
);

test.each(modes)(
  "what a step has left running is inside of no step any more, and makes none (checkpointing %s)",
  async (checkpointing) => {
    const server = createTestInngest();
    const inngest = server.client({ id: "app", checkpointing, middleware: [perdureMiddleware] });
    const made: string[] = [];
    let left: Promise<unknown> | undefined;
    const fn = inngest.createFunction(
      { id: "fn", triggers: [{ event: "go" }], retries: 0 },
      async ({ step }) =>
        step.run("outer", () => {
          left ??= (async () => {
            for (let count = 0; count < 20; count += 1) await turn();
            const inside = currentStep() !== undefined;
            const refused = await durable("late", () => made.push("late")).catch(
              (error: unknown) => error,
            );
            return { inside, refused };
          })();
          return 1;
        }),
    );
    await server.register({ client: inngest, functions: [fn] });
    await server.send({ name: "go", data: {} });
    await server.settle();
    expect(await left).toMatchObject({ inside: false, refused: { code: "INVALID_ARGUMENT" } });
    expect(made).toEqual([]);
  },
);

test.each(modes)(
  "a sibling of a running step is not inside of it (checkpointing %s)",
  async (checkpointing) => {
    const server = createTestInngest();
    const inngest = server.client({ id: "app", checkpointing });
    const ran: string[] = [];
    const fn = inngest.createFunction(
      { id: "fn", triggers: [{ event: "go" }], retries: 1, middleware: [perdureMiddleware] },
      async ({ step }) => {
        const [a, b] = await Promise.all([
          step.run("a", async () => {
            for (let count = 0; count < 5; count += 1) await turn();
            return "a";
          }),
          (async () => {
            await turn();
            return durable("b", () => {
              ran.push("b");
              return "b";
            });
          })(),
        ]);
        return [a, b];
      },
    );
    await server.register({ client: inngest, functions: [fn] });
    await server.send({ name: "go", data: {} });
    await server.settle();
    const [run] = server.runs();
    expect(run).toMatchObject({ status: "Completed", output: ["a", "b"] });
    expect(run?.steps.map(({ name }) => name).toSorted()).toEqual(["a", "b"]);
    expect(ran).toEqual(["b"]);
  },
);

test("where no step can be made, durable says so", async () => {
  await expect(durable("x", () => 1)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  const ids: string[] = [];
  const tools = {
    run: async ({ id }: { readonly id: string }, work: () => Promise<unknown>) => {
      ids.push(id);
      return work();
    },
    sleep: async () => undefined,
  };
  expect(await withStep(tools, () => durable("x", () => 1))).toBe(1);
  expect(ids).toEqual(["x"]);
});

test.each(modes)(
  "a value arrives from a durable step as it was, and one that cannot be kept is refused once (checkpointing %s)",
  async (checkpointing) => {
    const server = createTestInngest();
    const inngest = server.client({ id: "app", checkpointing, middleware: [perdureMiddleware] });
    const value = { at: new Date(0), n: 10n, half: "\ud83d", none: undefined };
    const got: unknown[] = [];
    let tried = 0;
    const fn = inngest.createFunction({ id: "fn", triggers: [{ event: "go" }] }, async () => {
      got.push(await durable("value", () => value));
      await durable("function", () => {
        tried += 1;
        return () => 1;
      }).catch((error: unknown) => got.push((error as Error).message));
    });
    await server.register({ client: inngest, functions: [fn] });
    await server.send({ name: "go", data: {} });
    await server.settle({ advance: true });
    expect(server.runs()[0]?.status).toBe("Completed");
    expect(got.slice(-2)).toEqual([value, expect.stringContaining("function")]);
    expect(tried).toBe(1);
  },
);
