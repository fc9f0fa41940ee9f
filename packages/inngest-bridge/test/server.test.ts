import type { Server } from "node:http";
import { createStore, memoryBackend, type Message, type RunStatus } from "@perdure/checkpoint-core";
import { Inngest, NonRetriableError } from "inngest";
import { createServer } from "inngest/node";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import {
  type AgentLoopOptions,
  createAgentLoop,
  createInngestAgent,
  type InngestAgent,
} from "../src/index.ts";
import { createTestInngest, serveTestInngest } from "../src/testing/index.ts";
import { calls, turns } from "./bridge/world.ts";
import { findRealInngest } from "./protocol/realServer.ts";

// Over HTTP, as an app in production is called: by the in-process Inngest, and by a real server where there is one.
const standIn = createTestInngest({ clock: "real", retryDelay: () => 50 });
const served = await serveTestInngest(standIn);
const real = await findRealInngest();
afterAll(async () => {
  await served.close();
  await real?.[Symbol.asyncDispose]();
});

const servers = [
  { how: "the in-process Inngest", url: served.url },
  ...(real ? [{ how: real.how, url: real.url }] : []),
];

interface App {
  readonly agent: InngestAgent;
  readonly inngest: Inngest;
  readonly history: () => Promise<readonly string[]>;
  /** Resolves when the run has this status; the test's own timeout ends a wait for one that it never gets. */
  readonly reaches: (runId: string, status: RunStatus) => Promise<void>;
}

const silent = { info() {}, warn() {}, error() {}, debug() {} };
let apps = 0;

async function serveApp(url: string, loop: Omit<AgentLoopOptions, "name">): Promise<App> {
  apps += 1;
  // Apps and events of their own: the real server keeps what earlier ones registered.
  const name = `support-${process.pid}-${apps}`;
  const inngest = new Inngest({ id: name, isDev: true, baseUrl: url, logger: silent });
  const store = createStore({ backend: memoryBackend() });
  const agent = createInngestAgent({
    inngest,
    agent: createAgentLoop({ name, ...loop }),
    store,
    runEvent: `${name}/run`,
    resumeEvent: `${name}/resume`,
  });
  const server = createServer({ client: inngest, functions: agent.functions });
  const port = await listening(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await fetch(`http://127.0.0.1:${port}/api/inngest`, { method: "PUT" });
  return {
    agent,
    inngest,
    async history() {
      const entries = await store.history.read<Message>("t");
      return entries.map(({ value }) => `${value.role}: ${textOf(value)}`);
    },
    async reaches(runId, status) {
      while ((await agent.status({ runId }))?.run.status !== status)
        await new Promise((resolve) => {
          setTimeout(resolve, 20);
        });
    },
  };
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
}

function textOf(message: Message): string {
  if (message.role !== "assistant") return JSON.stringify(message.content);
  const asked = (message.toolCalls ?? []).map(({ name }) => name).join(" ");
  return asked || message.content;
}

describe.each(servers)("over HTTP on $how", { timeout: 60_000 }, ({ url }) => {
  test("parallel calls, an approval whose event comes three times, one refund", async () => {
    const done: string[] = [];
    const tool = (name: string) => ({
      description: name,
      parameters: { type: "object" },
      execute: () => {
        done.push(name);
        return `${name} done`;
      },
    });
    const app = await serveApp(url, {
      model: turns(calls(["a", "look", {}], ["b", "look", {}], ["c", "refund", { order: 1 }]), {
        text: "refunded",
      }),
      tools: { look: tool("look"), refund: { ...tool("refund"), requiresApproval: true } },
    });
    const { runId } = await app.agent.start({ threadId: "t", prompt: "go" });
    await app.reaches(runId, "suspended");
    const [approval] = (await app.agent.status({ runId }))?.pending ?? [];
    const approvalId = approval?.id ?? "";
    const decided = await Promise.all(
      [1, 2, 3].map(() => app.agent.approve({ threadId: "t", approvalId })),
    );
    expect(decided.filter(({ counted }) => counted)).toHaveLength(1);
    await app.reaches(runId, "completed");
    expect(done.toSorted()).toEqual(["look", "look", "refund"]);
    expect(await app.history()).toEqual([
      'user: "go"',
      "assistant: look look refund",
      'tool: "look done"',
      'tool: "look done"',
      'tool: "refund done"',
      "assistant: refunded",
    ]);
  });

  test("a denial with its reason reaches the model", async () => {
    const app = await serveApp(url, {
      model: turns(calls(["c", "refund", {}]), { text: "sorry" }),
      tools: {
        refund: {
          description: "Refunds.",
          parameters: { type: "object" },
          requiresApproval: true,
          execute: () => expect.unreachable(),
        },
      },
    });
    const { runId } = await app.agent.start({ threadId: "t", prompt: "go" });
    await app.reaches(runId, "suspended");
    await app.agent.deny({ threadId: "t", callId: "c", runId, reason: "too much" });
    await app.reaches(runId, "completed");
    expect(await app.history()).toEqual([
      'user: "go"',
      "assistant: refund",
      'tool: "A person denied this call: too much"',
      "assistant: sorry",
    ]);
  });

  test("a run that fails gives its thread to the next in the queue", async () => {
    const gate = Promise.withResolvers<void>();
    const app = await serveApp(url, {
      model: async ({ messages }) => {
        if (messages.length > 1) return { text: "second" };
        await gate.promise;
        throw new NonRetriableError("no such model");
      },
    });
    const first = await app.agent.start({ threadId: "t", prompt: "one" });
    const second = await app.agent.start({ threadId: "t", prompt: "two" });
    expect(second.status).toBe("queued");
    gate.resolve();
    await app.reaches(first.runId, "failed");
    await app.reaches(second.runId, "completed");
    expect((await app.agent.status({ runId: first.runId }))?.run.outcome).toMatchObject({
      status: "failed",
      error: { message: "no such model" },
    });
    expect(await app.history()).toEqual(['user: "one"', 'user: "two"', "assistant: second"]);
  });

  test("an execution that is cancelled on the server leaves a cancelled run", async () => {
    const gate = Promise.withResolvers<void>();
    const app = await serveApp(url, {
      model: async () => {
        await gate.promise;
        return { text: "too late" };
      },
    });
    const { runId } = await app.agent.start({ threadId: "t", prompt: "go" });
    await app.reaches(runId, "running");
    const { run } = (await app.agent.status({ runId })) ?? {};
    const response = await fetch(`${url}/v1/runs/${run?.execution}`, { method: "DELETE" });
    expect(response.ok).toBe(true);
    await app.reaches(runId, "cancelled");
    gate.resolve();
    expect(await app.history()).toEqual(['user: "go"']);
  });
});
