// What a user of the lowest supported Node does with the packages as npm would have them. Run by tools/floor.ts in a folder of its own, with the URLs of the stores that are there.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import test from "node:test";
import { openStore } from "@perdure/checkpoint-core";
import { backendSuite } from "@perdure/checkpoint-core/conformance/node";
import { postgresBackend } from "@perdure/checkpoint-postgres";
import { redisBackend } from "@perdure/checkpoint-redis";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { createAgentLoop, createInngestAgent } from "@perdure/inngest-bridge";
import { createTestInngest } from "@perdure/inngest-bridge/testing";

const fresh = () => join(process.cwd(), `${randomUUID()}.db`);

for (const driver of ["better-sqlite3", "node:sqlite"])
  backendSuite(`sqlite on ${driver}`, {
    create: async () => ({
      backend: sqliteBackend({ path: fresh(), driver, durability: "normal" }),
    }),
  });

void test("the backends of servers are made without asking the server", async () => {
  const redis = redisBackend({ url: "redis://127.0.0.1:1" });
  const postgres = postgresBackend({ url: "postgres://127.0.0.1:1/none" });
  assert.deepEqual([redis.name, postgres.name], ["redis", "postgres"]);
  for (const backend of [redis, postgres]) await backend[Symbol.asyncDispose]();
});

for (const url of [`file:${fresh()}`, ...JSON.parse(process.env["STORE_URLS"] ?? "[]")])
  void test(`a run is suspended, approved and finished on ${new URL(url).protocol}`, () =>
    play(url));

async function play(url) {
  const store = await openStore(url);
  const server = createTestInngest();
  const inngest = server.client({ id: "app" });
  const refunds = [];
  const agent = createAgentLoop({
    name: "support",
    model: async ({ turn }) =>
      turn === 1
        ? { text: "", toolCalls: [{ id: "c", name: "refund", input: { order: "1" } }] }
        : { text: "done" },
    tools: {
      refund: {
        description: "Refunds.",
        parameters: { type: "object", properties: {} },
        requiresApproval: true,
        execute: (input) => {
          refunds.push(input);
          return "refunded";
        },
      },
    },
  });
  const support = createInngestAgent({ inngest, agent, store });
  await server.register({ client: inngest, functions: support.functions });
  const { runId } = await support.start({ threadId: "t", prompt: "Refund order 1" });
  await server.settle();
  const { run, pending } = await support.status({ runId });
  assert.equal(run.status, "suspended");
  await support.approve({ threadId: "t", approvalId: pending[0].id });
  await server.settle();
  assert.equal((await support.status({ runId })).run.status, "completed");
  assert.deepEqual(refunds, [{ order: "1" }]);
  assert.equal(await store.history.count("t"), 4);
  await store[Symbol.asyncDispose]();
}
