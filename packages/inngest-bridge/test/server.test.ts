import { NonRetriableError } from "inngest";
import { describe, expect, test } from "vitest";
import { calls, turns } from "./bridge/world.ts";
import { serveApp, serversUnderTest } from "./server/app.ts";

describe.each(await serversUnderTest())("over HTTP on $how", { timeout: 60_000 }, ({ url }) => {
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
      loop: {
        model: turns(calls(["a", "look", {}], ["b", "look", {}], ["c", "refund", { order: 1 }]), {
          text: "refunded",
        }),
        tools: { look: tool("look"), refund: { ...tool("refund"), requiresApproval: true } },
      },
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
      loop: {
        model: turns(calls(["c", "refund", {}]), { text: "sorry" }),
        tools: {
          refund: {
            description: "Refunds.",
            parameters: { type: "object" },
            requiresApproval: true,
            execute: () => expect.unreachable(),
          },
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
      loop: {
        model: async ({ messages }) => {
          if (messages.length > 1) return { text: "second" };
          await gate.promise;
          throw new NonRetriableError("no such model");
        },
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
      loop: {
        model: async () => {
          await gate.promise;
          return { text: "too late" };
        },
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
