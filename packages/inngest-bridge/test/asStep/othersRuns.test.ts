import type { Store } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { resumeAsStep, runAsStep } from "../../src/index.ts";
import { desk, paying } from "./desk.ts";

/** All that is stored of the thread and of its run. */
async function stored(store: Store): Promise<unknown> {
  const { run, ...standing } = (await store.runs.standing("t")) ?? {};
  const approvals = await store.approvals.pending("t");
  const history = await store.history.read("t");
  return { run, standing, approvals, history };
}

test.each([
  { decisions: { r: { decision: "approve" } } },
  { decisions: { r: { decision: "approve", modifiedInput: { order: 2 } } } },
  { decisions: { nobody: { decision: "approve" } } },
  { budget: { maxTokens: 9 } },
  {},
] as const)("another agent's run is left as it is by %j", async (brought) => {
  const [support, sales] = [paying(), paying("sales")];
  const { server, store, given } = await desk(true, {
    chat: async (step, keptIn) =>
      runAsStep(step, support, { threadId: "t", prompt: "go", store: keptIn }),
    others: async (step, keptIn) => resumeAsStep(step, sales, "t", { ...brought, store: keptIn }),
    own: async (step, keptIn) =>
      resumeAsStep(step, support, "t", {
        decisions: { r: { decision: "approve" } },
        store: keptIn,
      }),
  });
  await server.send({ name: "chat" });
  await server.settle({ advance: true });
  const before = await stored(store);
  expect(before).toMatchObject({ run: { status: "suspended" }, approvals: [{ callId: "r" }] });
  await server.send({ name: "others" });
  await server.settle({ advance: true });
  const refused = server.runs().at(-1);
  expect(refused?.status).toBe("Failed");
  expect(JSON.stringify(refused?.error)).toContain('one of the agent \\"support\\"');
  expect(await stored(store)).toEqual(before);
  await server.send({ name: "own" });
  await server.settle({ advance: true });
  expect(given("own")).toMatchObject({ result: { response: "done" } });
});
