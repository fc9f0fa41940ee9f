import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { type AsStepResult, resumeAsStep, runAsStep } from "@perdure/inngest-bridge";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { frameworks } from "./working.ts";

const cases = frameworks.flatMap(([name, make]) =>
  [true, false].map((checkpointing) => ({ name, make, checkpointing })),
);

test.each(cases)(
  "an agent of $name works in a function, waits twice, and goes on in another (checkpointing $checkpointing)",
  async ({ make, checkpointing }) => {
    const { agent, asked, done } = make({ asks: true });
    const store = createStore({ backend: memoryBackend() });
    const server = createTestInngest();
    const client = server.client({ id: "app", checkpointing });
    const chat = client.createFunction(
      { id: "chat", triggers: [{ event: "chat" }] },
      async ({ step }) => runAsStep(step, agent, { store, threadId: "t", prompt: "Work" }),
    );
    const decided = client.createFunction(
      { id: "decided", triggers: [{ event: "decided" }] },
      async ({ event, step }) => {
        const { call } = event.data as { readonly call: string };
        const decisions = { [call]: { decision: "approve" as const } };
        return resumeAsStep(step, agent, "t", { store, decisions, by: "dana" });
      },
    );
    await server.register({ client, functions: [chat, decided] });
    const send = async (name: string, data: object = {}): Promise<AsStepResult> => {
      await server.send({ name, data } as never);
      await server.settle({ advance: true });
      return server.runs().at(-1)?.output as unknown as AsStepResult;
    };

    const first = await send("chat");
    expect(first).toMatchObject({
      suspended: { approvals: [{ callId: "a", input: { id: "a" } }] },
    });
    expect([asked(), done]).toEqual([1, []]);
    const second = await send("decided", { call: "a" });
    expect(second).toMatchObject({ suspended: { approvals: [{ callId: "b" }] } });
    expect([asked(), done]).toEqual([2, ["a"]]);
    const last = await send("decided", { call: "b" });
    expect(last.suspended).toBeUndefined();
    expect(last).toMatchObject({
      result: { response: "done", iterations: 3, stats: { totalToolCalls: 2, totalTokens: 330 } },
      report: { runId: first.report.runId },
    });
    expect([asked(), done]).toEqual([3, ["a", "b"]]);
    expect(await store.history.read("t")).toHaveLength(6);
  },
);
