import { setImmediate as turn } from "node:timers/promises";
import { StorageError } from "@perdure/checkpoint-core";
import { NonRetriableError, RetryAfterError } from "inngest";
import { describe, expect, test } from "vitest";
import { testOn } from "./bridge/everywhere.ts";
import { calls, createWorld, recorder, turns, type World } from "./bridge/world.ts";

/** An error as an SDK makes it: these fields are what they have in common with the real ones. */
function said(name: string, fields: Readonly<Record<string, unknown>>): Error {
  return Object.assign(new Error("Slow down."), { name, ...fields });
}

const call = (headers: Readonly<Record<string, string>>): Error =>
  said("AI_APICallError", { statusCode: 429, responseHeaders: headers, isRetryable: true });

const DEFAULT_MS = 15_000;

/** What is thrown first, and when the next attempt comes; none where there is none. */
const rows: readonly (readonly [string, () => unknown, number | undefined])[] = [
  ["an error", () => new Error("no"), DEFAULT_MS],
  ["a text", () => "no", DEFAULT_MS],
  ["a NonRetriableError", () => new NonRetriableError("no"), undefined],
  [
    "a NonRetriableError about a provider's answer",
    () => new NonRetriableError("no", { cause: call({ "retry-after": "90" }) }),
    undefined,
  ],
  ["a RetryAfterError", () => new RetryAfterError("later", "5m"), 300_000],
  [
    "a RetryAfterError of another copy of the SDK",
    () => said("RetryAfterError", { retryAfter: "120" }),
    120_000,
  ],
  [
    "OpenAI's error",
    () => said("RateLimitError", { status: 429, headers: new Headers({ "retry-after": "90" }) }),
    90_000,
  ],
  [
    "OpenAI's error with milliseconds",
    () =>
      said("RateLimitError", {
        status: 429,
        headers: new Headers({ "retry-after-ms": "61000", "retry-after": "90" }),
      }),
    61_000,
  ],
  [
    "Anthropic's error, overloaded",
    () => said("Error", { status: 529, headers: new Headers({ "Retry-After": "45" }) }),
    45_000,
  ],
  ["the AI SDK's error", () => call({ "retry-after": "70" }), 70_000],
  ["the AI SDK's error in capitals", () => call({ "Retry-After": "71" }), 71_000],
  [
    "the AI SDK's error after tries of its own",
    () => said("AI_RetryError", { lastError: call({ "retry-after": "72" }), errors: [] }),
    72_000,
  ],
  [
    "an error that a provider's caused",
    () => new Error("The model failed.", { cause: call({ "retry-after": "73" }) }),
    73_000,
  ],
  [
    "an error with its response",
    () => said("AxiosError", { response: { status: 503, headers: { "retry-after": "74" } } }),
    74_000,
  ],
  ["an error whose header says nothing", () => call({ "retry-after": "soon" }), DEFAULT_MS],
  [
    "an error that cannot be read",
    () =>
      Object.defineProperty(new Error("no"), "headers", {
        get() {
          throw new Error("unreadable");
        },
      }),
    DEFAULT_MS,
  ],
  [
    "a store's error that says when",
    () => new StorageError("UNAVAILABLE", "throttled", { retryAfterMs: 80_000 }),
    80_000,
  ],
  ["a store's error that no retry mends", () => new StorageError("CORRUPT", "damaged"), undefined],
];

describe.each(["model", "tool"] as const)("the next attempt at a %s", (part) => {
  test.each(rows)("after %s", async (_what, thrown, wanted) => {
    const at: number[] = [];
    const work = async (): Promise<void> => {
      at.push(world.server.now());
      if (at.length === 1) throw thrown();
    };
    const world: World = await createWorld({
      server: { retryDelay: () => DEFAULT_MS, start: 0 },
      tools: { work: recorder(part === "tool" ? work : undefined) },
      model: async ({ turn: nth }) => {
        if (part === "model" && nth === 1) await work();
        return nth === 1 ? calls(["a", "work", {}]) : { text: "done" };
      },
    });
    await world.send({ threadId: "t", prompt: "go" }, "e1");
    expect(at.slice(1).map((ms) => ms - (at[0] ?? 0))).toEqual(
      wanted === undefined ? [] : [wanted],
    );
    const { status } = (await world.agent.status({ runId: "run-e1" }))?.run ?? {};
    // A model that is not tried again fails its run; a tool's error is told to the model.
    expect(status).toBe(wanted === undefined && part === "model" ? "failed" : "completed");
  });
});

test("a provider's delay is told to challengers before the run is silent", async () => {
  let tried = 0;
  const world = await createWorld({
    model: () => {
      tried += 1;
      if (tried === 1) throw call({ "retry-after": "3600" });
      return { text: "hello" };
    },
  });
  await world.server.send({ name: "ziro/agent.run.requested", id: "e1", data: { threadId: "t" } });
  await world.server.advance("1m");
  const challenge = { runId: "run-e1", execution: "x", operationId: "x", event: "x", ms: 1 };
  expect(await world.store.runs.claim("t", challenge)).toMatchObject({
    status: "busy",
    ms: 3_600_000 + 120_000,
  });
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ status: "completed" });
});

/** Cancelled in Inngest's dashboard while a call is in flight, which goes on to its end when the run is recorded as cancelled. */
async function cancelInFlight(world: World): Promise<void> {
  const [execution] = world.executions();
  await world.server.cancel(execution?.id ?? "");
  // Has the notice delivered beside the call that is under way here: it ends when that has ended.
  void world.server.settle();
  for (let looks = 0; looks < 2000; looks += 1) {
    if ((await world.agent.status({ runId: "run-e1" }))?.run.status === "cancelled") return;
    await turn();
  }
  throw new Error("The notice of the cancel did not come.");
}

for (const engine of ["memory", "sqlite"] as const)
  for (const checkpointing of [true, false])
    for (const part of ["model", "tool"] as const)
      testOn(
        engine,
        `a ${part} in flight when Inngest cancels its execution writes nothing (${engine}, checkpointing ${checkpointing})`,
        30_000,
        async () => {
          const before: unknown[] = [];
          const seen = async (): Promise<unknown> => [
            await world.history(),
            await world.agent.status({ runId: "run-e1" }),
          ];
          const meet = async (): Promise<void> => {
            await cancelInFlight(world);
            before.push(await seen());
          };
          const work = recorder(part === "tool" ? meet : undefined);
          const world: World = await createWorld({
            engine,
            checkpointing,
            server: { inFlight: { total: 4 } },
            tools: { work },
            model: turns(
              async () => {
                if (part === "model") await meet();
                return calls(["a", "work", {}]);
              },
              { text: "never" },
            ),
          });
          const refused = Promise.withResolvers<unknown>();
          const commit = world.store.commit.bind(world.store);
          Object.assign(world.store, {
            commit: async (...given: Parameters<typeof commit>) => {
              const written = commit(...given);
              if (before.length > 0) written.then(refused.resolve, refused.resolve);
              return written;
            },
          });
          await world.send({ threadId: "t", prompt: "go" }, "e1");
          // The server is done with the execution; what it left in flight is not.
          expect(await refused.promise).toMatchObject({ code: "LEASE_LOST" });
          await world.server.settle({ advance: true });
          expect([await seen()]).toEqual(before);
          expect(world.asked).toHaveLength(1);
          expect(work.seen).toHaveLength(part === "tool" ? 1 : 0);
          expect(await world.store.runs.holding("t")).toBe(undefined);
        },
      );
