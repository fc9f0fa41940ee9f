import { memoryBackend, StorageError, type StorageErrorCode } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { isRetried } from "../src/steps/failure.ts";
import { testEverywhere } from "./bridge/everywhere.ts";
import { createWorld } from "./bridge/world.ts";

const retried: readonly StorageErrorCode[] = [
  "FULL",
  "CONTENTION",
  "IN_FLIGHT",
  "NOT_DONE",
  "UNAVAILABLE",
  "CLOSED",
];
const told: readonly StorageErrorCode[] = [
  "INVALID_ARGUMENT",
  "UNSUPPORTED_VALUE",
  "TOO_LARGE",
  "CONFLICT",
  "NOT_FOUND",
  "FORBIDDEN",
  "DELETED",
  "LEASE_LOST",
  "INCOMPATIBLE",
  "CORRUPT",
  "KEY_MISSING",
  "WRONG_KEY",
  "PLAINTEXT",
  "ENDED",
  "OUTCOME_UNKNOWN",
  "BACKEND",
];

const isTried = (code: StorageErrorCode): boolean => isRetried(new StorageError(code, ""));

test("what another attempt may mend is retried, and nothing else", () => {
  expect(retried.filter((code) => !isTried(code))).toEqual([]);
  expect(told.filter(isTried)).toEqual([]);
});

testEverywhere(
  "a store that closes with its process fails no run: the next attempt goes on",
  async (where) => {
    let closed = true;
    const world = await createWorld({
      ...where,
      model: async () => {
        if (!closed) return { text: "hello" };
        closed = false;
        // What a process meets that has closed its store and still carries out a step.
        const backend = memoryBackend();
        await backend[Symbol.asyncDispose]();
        await backend.read("p", ["k"], 0);
        return { text: "from a closed store" };
      },
    });
    await world.server.send([
      { name: "ziro/agent.run.requested", id: "e1", data: { threadId: "t", prompt: "one" } },
    ]);
    await world.server.settle({ advance: true });
    expect((await world.agent.status({ runId: "run-e1" }))?.run).toMatchObject({
      status: "completed",
    });
  },
);
