import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import type { Inngest, InngestFunction } from "inngest";
import { expect, test } from "vitest";
import { claimCheck, type ClaimCheckOptions } from "../../src/index.ts";
import { createTestInngest, faultAt } from "../../src/testing/index.ts";
import { testEverywhere, pairs } from "../bridge/everywhere.ts";
import { claiming, stateBytes } from "./world.ts";

const modes = [true, false];
const triggers = [{ event: "go" }];
const KB = 1024;

/** One of each kind that JSON would lose, and what looks like an output of ours. */
function values(size: number): readonly unknown[] {
  const big = "x".repeat(size);
  return [
    { at: new Date(5), big },
    { of: new Map([["a", new Set([1n, 2n])]]), big },
    { bytes: new Uint8Array(3), none: undefined, nan: Number.NaN, zero: -0, big },
    { half: `\ud83d${big}`, "\udc00": 1 },
    { emoji: `😀é\u0000${big}` },
    { "perdure:claim": 1, run: "r", step: "s", first: 0, next: 1, seal: "x", big },
    { "perdure:claim": 1, output: { perdure: 1, text: big } },
    [big, null, false],
    big,
  ];
}

/** A function that returns each value from a step, waits, and says which arrived otherwise. */
function returning(given: readonly unknown[]): (inngest: Inngest) => InngestFunction.Any[] {
  return (inngest) => [
    inngest.createFunction({ id: "fn", triggers, retries: 2 }, async ({ step }) => {
      const fresh: unknown[] = [];
      for (const [at, value] of given.entries())
        fresh.push(await step.run(`value-${at}`, () => value));
      await step.sleep("night", "10m");
      const wrong = fresh.flatMap((value, at) => {
        try {
          expect(value).toEqual(given[at]);
          return [];
        } catch (error) {
          return [`${at}: ${String(error)}`];
        }
      });
      return { wrong };
    }),
  ];
}

testEverywhere(
  "what a step returns arrives as it was, small or large",
  async ({ engine, checkpointing }) => {
    const pair = await pairs[engine]();
    try {
      for (const size of [10, 40 * KB]) {
        const functions = returning(values(size));
        const { send } = await claiming({ checkpointing, functions, store: pair.a });
        const run = await send();
        expect(run).toMatchObject({ status: "Completed", output: { wrong: [] } });
        if (size > 32 * KB) expect(stateBytes(run)).toBeLessThan(9 * 3 * KB);
      }
    } finally {
      await pair[Symbol.asyncDispose]();
    }
  },
);

test.each(modes)(
  "the run shows how an output begins and what it cost (checkpointing %s)",
  async (checkpointing) => {
    const text = `é${"日本".repeat(20 * KB)}`;
    const { send } = await claiming({
      checkpointing,
      functions: (inngest) => [
        inngest.createFunction({ id: "fn", triggers }, async ({ step }) => {
          await step.run("model", () => ({ text, usage: { in: 3 }, cost: 0.5 }));
          await step.run("plain", () => text);
          await step.run("small", () => ({ at: "here" }));
        }),
      ],
    });
    const [model, plain, small] = (await send()).steps.map(
      ({ data }) => data as { preview: string },
    );
    expect(model).toMatchObject({
      usage: { in: 3 },
      cost: 0.5,
      bytes: Buffer.byteLength(JSON.stringify({ text, usage: { in: 3 }, cost: 0.5 })),
    });
    expect(model?.preview.startsWith('{"text":"é日本')).toBe(true);
    expect(text.startsWith(plain?.preview ?? "-")).toBe(true);
    for (const shown of [model, plain]) {
      const bytes = Buffer.byteLength(shown?.preview ?? "");
      expect(bytes).toBeGreaterThan(2 * KB - 3);
      expect(bytes).toBeLessThanOrEqual(2 * KB);
    }
    expect(small).toEqual({ at: "here" });
  },
);

/** A store that counts what is read of streams. */
function counting(store: Store, reads: { count: number }): Store {
  const { streams } = store;
  const read: typeof streams.read = async (...args) => {
    reads.count += 1;
    return streams.read(...args);
  };
  return {
    ...store,
    for: (scope) => counting(store.for(scope), reads),
    streams: { ...streams, read },
  };
}

test("a process reads nothing that it has in hand", async () => {
  const reads = { count: 0 };
  const store = counting(createStore({ backend: memoryBackend() }), reads);
  const many = Array.from({ length: 60 }, (_, at) => at);
  const fn = (inngest: Inngest): InngestFunction.Any[] => [
    inngest.createFunction({ id: "fn", triggers }, async ({ step }) => {
      const all = await Promise.all(
        many.map(async (at) => step.run(`s${at}`, () => `${at}`.padEnd(40 * KB))),
      );
      await step.run("next", () => all.length);
      await step.run("last", () => all.length);
      return all.map((text) => Number(text));
    }),
  ];
  const { send } = await claiming({ checkpointing: false, functions: fn, store });
  expect((await send()).output).toEqual(many);
  expect(reads.count).toBe(0);
});

test("a process that comes late reads all that it needs in one read", async () => {
  const reads = { count: 0 };
  const store = counting(createStore({ backend: memoryBackend() }), reads);
  const many = Array.from({ length: 60 }, (_, at) => at);
  const { send } = await claiming({
    checkpointing: false,
    cacheUnits: 0,
    store,
    functions: (inngest) => [
      inngest.createFunction({ id: "fn", triggers }, async ({ step }) => {
        const all = await Promise.all(
          many.map(async (at) => step.run(`s${at}`, () => `${at}`.padEnd(40 * KB))),
        );
        reads.count = 0;
        return all.map((text) => Number(text));
      }),
    ],
  });
  const run = await send();
  expect(run.output).toEqual(many);
  expect(reads.count).toBeLessThan(2);
  expect(run.requests).toBe(62);
});

test.each(modes)(
  "whatever is lost, doubled or killed, the outputs are whole (checkpointing %s)",
  async (checkpointing) => {
    const functions = returning(values(40 * KB).slice(0, 4));
    const plain = await claiming({ checkpointing, functions });
    await plain.send();
    const count = plain.server.requests.length;
    for (let index = 0; index < count; index += 1)
      for (const fault of [
        "lose-request",
        "lose-response",
        "double",
        "stop-during",
        "stop-after",
      ] as const) {
        const { send } = await claiming({
          checkpointing,
          functions,
          server: { faults: faultAt(index, fault) },
        });
        const run = await send();
        expect([fault, index, run.status, run.output]).toEqual([
          fault,
          index,
          "Completed",
          { wrong: [] },
        ]);
      }
  },
  120_000,
);

test.each(modes)(
  "two attempts of a step go on with the one output that is stored (checkpointing %s)",
  async (checkpointing) => {
    let tries = 0;
    const { send } = await claiming({
      checkpointing,
      server: { faults: faultAt(0, "stop-during") },
      functions: (inngest) => [
        inngest.createFunction({ id: "fn", triggers, retries: 2 }, async ({ step }) => {
          const text = await step.run("big", () => {
            tries += 1;
            return `${tries}`.padEnd(40 * KB);
          });
          return text.trim();
        }),
      ],
    });
    const { output } = await send();
    expect(tries).toBeLessThanOrEqual(2);
    expect(output).toBe("1");
  },
);

test("an output that cannot be kept is refused after the work, and not tried again", async () => {
  let tries = 0;
  const { send } = await claiming({
    checkpointing: true,
    functions: (inngest) => [
      inngest.createFunction({ id: "fn", triggers, retries: 3 }, async ({ step }) => {
        await step.run("bad", () => {
          tries += 1;
          return { run: () => 1 };
        });
      }),
    ],
  });
  expect(await send()).toMatchObject({
    status: "Failed",
    error: { message: expect.stringMatching(/run/) },
  });
  expect(tries).toBe(1);
});

test.each(modes)(
  "an error whose cause holds half a character can be caught (checkpointing %s)",
  async (checkpointing) => {
    const { send } = await claiming({
      checkpointing,
      functions: (inngest) => [
        inngest.createFunction({ id: "fn", triggers, retries: 0 }, async ({ step }) => {
          try {
            await step.run("bad", () => {
              throw new Error("no", { cause: { said: "\ud83d", kind: "K" } });
            });
          } catch (error) {
            const { cause } = error as Error;
            await step.sleep("a while", "1m");
            return cause;
          }
          return "not thrown";
        }),
      ],
    });
    expect((await send()).output).toEqual({ said: "\ufffd", kind: "K" });
  },
);

test.each([
  [{}, /store/],
  [{ inlineBytes: -1 }, /inlineBytes/],
  [{ ttlMs: 0 }, /ttlMs/],
  [{ scope: "me" }, /scope/],
  [{ inlineByte: 1 }, /inlineByte/],
])("refuses %j", (wrong, message) => {
  const store =
    "store" in wrong || message.source === "store"
      ? {}
      : { store: createStore({ backend: memoryBackend() }) };
  expect(() => claimCheck({ ...store, ...wrong } as ClaimCheckOptions)).toThrow(message);
});

test("a step has the type of what it returned", async () => {
  const store = createStore({ backend: memoryBackend() });
  const server = createTestInngest();
  const inngest = server.client({ id: "app", middleware: [claimCheck({ store })] });
  const fn = inngest.createFunction({ id: "fn", triggers }, async ({ step }) => {
    const at: Date = await step.run("at", () => new Date(5));
    return at.getTime();
  });
  await server.register({ client: inngest, functions: [fn] });
  await server.send({ name: "go", data: {} });
  await server.settle();
  expect(server.runs()[0]?.output).toBe(5);
});
