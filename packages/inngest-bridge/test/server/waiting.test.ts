import { describe, expect, test } from "vitest";
import { inferredModel } from "../../src/index.ts";
import { calls, recorder, turns } from "../bridge/world.ts";
import { type App, serveApp, serversUnderTest, until, waysOf } from "./app.ts";
import { chatProvider } from "./provider.ts";

const ways = waysOf(await serversUnderTest());

/** Which executions of an app work on its turns. */
function watched(of: () => App): {
  readonly executions: string[];
  readonly look: (runId: string) => Promise<void>;
} {
  const executions: string[] = [];
  return {
    executions,
    async look(runId) {
      const run = await of().store.runs.get(runId);
      if (run?.execution !== undefined) executions.push(run.execution);
    },
  };
}

const approving = (): ReturnType<typeof recorder> =>
  recorder(() => "paid", { requiresApproval: true });
const asking = calls(["r", "refund", { order: 1 }]);

describe.each(ways)(
  "over HTTP on $how, checkpointing $checkpointing",
  { timeout: 90_000 },
  (way) => {
    const { url, checkpointing } = way;

    test("a run that waits goes on in the execution that waits", async () => {
      const seen = watched(() => app);
      const refund = approving();
      const app: App = await serveApp(url, {
        checkpointing,
        loop: {
          tools: { refund },
          model: async ({ turn, runId }) => {
            await seen.look(runId);
            return turn === 1 ? asking : { text: "paid" };
          },
        },
        agent: { waitInRun: { timeoutMs: 60_000 } },
      });
      const { runId } = await app.agent.start({ threadId: "t", prompt: "go" });
      await app.reaches(runId, "suspended");
      await app.agent.approve({ threadId: "t", callId: "r" });
      await app.reaches(runId, "completed");
      expect(seen.executions).toHaveLength(2);
      expect(new Set(seen.executions).size).toBe(1);
      expect(refund.seen).toHaveLength(1);
      expect(await app.history()).toEqual([
        'user: "go"',
        "assistant: refund",
        'tool: "paid"',
        "assistant: paid",
      ]);
    });

    test("a run whose wait is over goes on in another execution", async () => {
      const seen = watched(() => app);
      const refund = approving();
      const app: App = await serveApp(url, {
        checkpointing,
        loop: {
          tools: { refund },
          model: async ({ turn, runId }) => {
            await seen.look(runId);
            return turn === 1 ? asking : { text: "paid" };
          },
        },
        agent: { waitInRun: { timeoutMs: 1000 } },
      });
      const { runId } = await app.agent.start({ threadId: "t", prompt: "go" });
      await app.reaches(runId, "suspended");
      const [first = ""] = seen.executions;
      await ended(url, first);
      await app.agent.approve({ threadId: "t", callId: "r" });
      await app.reaches(runId, "completed");
      expect(new Set(seen.executions).size).toBe(2);
      expect(refund.seen).toHaveLength(1);
    });

    test("the server asks the model", async () => {
      const provider = await chatProvider();
      const work = recorder((input) => (input as { readonly n: number }).n * 2);
      const app = await serveApp(url, {
        checkpointing,
        loop: {
          tools: { work },
          model: inferredModel({ baseUrl: provider.url, apiKey: "key", model: "m" }),
        },
      });
      const { runId } = await app.agent.start({ threadId: "t", prompt: "go" });
      await app.reaches(runId, "completed");
      expect(provider.asked).toEqual([
        { authorization: "Bearer key", messages: 1 },
        { authorization: "Bearer key", messages: 3 },
      ]);
      expect(work.seen.map(({ input }) => input)).toEqual([{ n: 21 }]);
      expect(await app.history()).toEqual([
        'user: "go"',
        "assistant: work",
        "tool: 42",
        "assistant: done 🎉",
      ]);
    });

    test("a run beyond its steps goes on in other executions", async () => {
      const seen = watched(() => app);
      const work = recorder((input) => input);
      const app: App = await serveApp(url, {
        checkpointing,
        loop: {
          tools: { work },
          maxIterations: 20,
          model: async ({ turn, runId }) => {
            await seen.look(runId);
            return turn <= 8 ? calls([`c${turn}`, "work", { n: turn }]) : { text: "done" };
          },
        },
        agent: { continueAt: { steps: 10 } },
      });
      const { runId } = await app.agent.start({ threadId: "t", prompt: "go" });
      await app.reaches(runId, "completed");
      expect(seen.executions).toHaveLength(9);
      expect(new Set(seen.executions).size).toBeGreaterThan(2);
      expect(work.seen.map(({ input }) => input)).toEqual(
        Array.from({ length: 8 }, (_, at) => ({ n: at + 1 })),
      );
      expect(await app.history()).toHaveLength(18);
    });

    test("an approval that nobody decides on in time is told to the model", async () => {
      const refund = approving();
      const app = await serveApp(url, {
        checkpointing,
        loop: { tools: { refund }, model: turns(asking, { text: "nobody there" }) },
        agent: { approvalTtlMs: 500 },
      });
      const { runId } = await app.agent.start({ threadId: "t", prompt: "go" });
      await app.reaches(runId, "completed");
      expect(refund.seen).toEqual([]);
      expect(await app.history()).toEqual([
        'user: "go"',
        "assistant: refund",
        'tool: "Nobody decided on this call in time."',
        "assistant: nobody there",
      ]);
    });

    test("a follow-up comes at its time, and not after a reply", async () => {
      const app = await serveApp(url, {
        checkpointing,
        loop: { model: ({ messages }) => ({ text: `heard ${messages.length}` }) },
      });
      const { runId } = await app.agent.start({ threadId: "t", prompt: "one" });
      await app.reaches(runId, "completed");
      const other = await app.agent.start({ threadId: "other", prompt: "one" });
      await app.reaches(other.runId, "completed");
      const stale = await app.agent.followUp("other", { after: 800, prompt: "Still there?" });
      const reply = await app.agent.start({ threadId: "other", prompt: "two" });
      await app.reaches(reply.runId, "completed");
      const set = await app.agent.followUp("t", { after: 1000, prompt: "Still there?" });
      await app.reaches(set.runId, "completed");
      expect(await app.history()).toEqual([
        'user: "one"',
        "assistant: heard 1",
        'user: "Still there?"',
        "assistant: heard 3",
      ]);
      await until(
        async () =>
          (await app.agent.followUp("other", { after: 1, id: stale.id })).status === "cancelled",
      );
      expect(await app.history("other")).toHaveLength(4);
    });
  },
);

/** Resolves when an execution has ended on the server. */
async function ended(url: string, execution: string): Promise<void> {
  let question = 0;
  await until(async () => {
    // Answers are cached by URL for seconds.
    const answer = await fetch(`${url}/v1/runs/${execution}?_=${question++}`);
    const { data } = (await answer.json()) as { readonly data?: { readonly status?: string } };
    return data?.status === "Completed";
  });
}
