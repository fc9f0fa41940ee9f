import { describe, expect, test } from "vitest";
import {
  createAgentLoop,
  createInngestAgent,
  delegate,
  inngestTool,
  type RunChunk,
  type RunStream,
  spawn,
} from "../../src/index.ts";
import { calls, recorder, turns } from "../bridge/world.ts";
import { serveApp, serversUnderTest, until, waysOf } from "./app.ts";

const ways = waysOf(await serversUnderTest());

describe.each(ways)(
  "over HTTP on $how, checkpointing $checkpointing",
  { timeout: 90_000 },
  (way) => {
    const { url, checkpointing } = way;

    test("an agent works for the call of another, and its approval is asked by the run above", async () => {
      const refund = recorder(() => "paid", { requiresApproval: true });
      const clerk = createAgentLoop({
        name: "clerk",
        tools: { refund },
        model: turns(calls(["r", "refund", { order: 1 }]), { text: "refunded" }),
      });
      const app = await serveApp(url, {
        checkpointing,
        loop: {
          tools: { clerk: delegate(clerk, { description: "Refunds." }) },
          model: turns(calls(["a", "clerk", { prompt: "Refund 1." }]), { text: "done" }),
        },
      });
      const { runId } = await app.agent.start({ threadId: "t", prompt: "go" });
      await app.reaches(runId, "suspended");
      const [approval] = (await app.agent.status({ runId }))?.pending ?? [];
      expect(approval).toMatchObject({ tool: "clerk/refund", input: { order: 1 } });
      await app.agent.approve({ threadId: "t", approvalId: approval?.id ?? "" });
      await app.reaches(runId, "completed");
      expect(refund.seen).toHaveLength(1);
      expect(await app.history()).toEqual([
        'user: "go"',
        "assistant: clerk",
        'tool: "refunded"',
        "assistant: done",
      ]);
    });

    test("another agent is started, and a function is invoked", async () => {
      const app = await serveApp(url, {
        checkpointing,
        loop: {
          model: turns(calls(["w", "write", { prompt: "tea" }], ["s", "search", { q: "tea" }]), {
            text: "done",
          }),
        },
        more({ inngest, store, name }) {
          const writer = createInngestAgent({
            inngest,
            store,
            agent: createAgentLoop({ name: "writer", model: turns({ text: "written" }) }),
            id: `${name}-writer`,
            runEvent: `${name}/write`,
            resumeEvent: `${name}/write-on`,
            upkeep: false,
          });
          const search = inngest.createFunction(
            { id: "search", retries: 0, triggers: [] },
            async ({ event, step }) =>
              step.run("find", () => `found ${(event.data as { readonly q?: string }).q}`),
          );
          const parameters = { type: "object" };
          return {
            tools: {
              write: spawn(writer, { description: "Writes." }),
              search: inngestTool({ description: "Searches.", parameters, function: search }),
            },
            functions: [...writer.functions, search],
          };
        },
      });
      const { runId } = await app.agent.start({ threadId: "t", prompt: "go" });
      await app.reaches(runId, "completed");
      const { runs } = await app.store.runs.list();
      const started = runs.find(({ id }) => id !== runId);
      await app.reaches(started?.id ?? "", "completed");
      expect(await app.history(started?.threadId)).toEqual(['user: "tea"', "assistant: written"]);
      expect((await app.history()).at(-2)).toBe('tool: "found tea"');
    });

    test("a run is heard while it works, from its beginning and from another process", async () => {
      const gate = Promise.withResolvers<void>();
      const app = await serveApp(url, {
        checkpointing,
        loop: {
          tools: { look: recorder(async () => gate.promise.then(() => "seen")) },
          model: async ({ turn, stream }) => {
            if (turn === 1) return calls(["l", "look", {}]);
            stream?.text("All ");
            stream?.text("done.");
            return { text: "All done." };
          },
        },
      });
      const run = await app.agent.stream("go", { threadId: "t" });
      const heard: RunChunk[] = [];
      const whole = collect(run, heard);
      await until(() => heard.some(({ event }) => event === "step.completed"));
      expect((await app.agent.status({ runId: run.runId }))?.run.status).toBe("running");
      const late: RunChunk[] = [];
      const offset = (heard.at(-1)?.sequenceNumber ?? 0) + 1;
      const rest = collect(await app.agent.observe(run.runId, { offset }), late);
      gate.resolve();
      await Promise.all([whole, rest]);
      expect(heard.map(({ event }) => event)).toEqual([
        "run.started",
        "part.created",
        "tool_call.arguments.delta",
        "part.completed",
        "step.completed",
        "part.created",
        "tool_call.output.delta",
        "part.completed",
        "step.completed",
        "part.created",
        "text.delta",
        "part.completed",
        "step.completed",
        "run.completed",
        "stream.ended",
      ]);
      expect(late).toEqual(heard.filter(({ sequenceNumber }) => sequenceNumber >= offset));
      expect(await run.output.text).toBe("All done.");
    });
  },
);

async function collect({ fullStream }: RunStream, into: RunChunk[]): Promise<void> {
  for await (const chunk of fullStream) into.push(chunk);
}
