import { Mastra } from "@mastra/core/mastra";
import type { Store } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { claimResumes, mastraStorage } from "../../src/mastra/index.ts";
import { StoreWorkflows } from "../../src/mastra/storage/workflows.ts";
import { outcomes, snapshot, two } from "./handles.ts";
import { made, tool } from "./made.ts";
import { call, stub, text } from "./stub.ts";

test("an agent's call that two instances approve at once is carried out once, and a resume after it is refused", async () => {
  const paid: unknown[] = [];
  const instance = (store: Store) => {
    const { model } = stub([[call("c1", "refund", { order: "7" })], [text("Paid.")]]);
    const refund = tool("refund", (input) => paid.push(input), { requireApproval: true });
    const agent = claimResumes(made(model, { refund }));
    const mastra = new Mastra({ agents: { agent }, storage: mastraStorage(store), logger: false });
    return mastra.getAgent("agent");
  };
  const [one, other] = two();
  const first = instance(one);
  const { runId, finishReason } = await first.generate("Refund order 7");
  expect([finishReason, paid]).toEqual(["suspended", []]);
  const approve = async (agent: typeof first): Promise<unknown> =>
    agent.approveToolCallGenerate({ runId: runId ?? "", toolCallId: "c1" });
  const both = await outcomes([approve(first), approve(instance(other))]);
  expect(new Set(both)).toEqual(new Set(["CONFLICT", "done"]));
  expect(paid).toEqual([{ order: "7" }]);
  expect(await outcomes([approve(first)])).toEqual(["CONFLICT"]);
  expect(paid).toHaveLength(1);
});

test("a claim is its owner's, also when it asks again, and lapses", async () => {
  const [one, other] = two();
  const workflows = new StoreWorkflows(one);
  const elsewhere = new StoreWorkflows(other);
  const run = { workflowName: "agentic-loop", runId: "r" };
  await workflows.persistWorkflowSnapshot({ ...run, snapshot: snapshot("r", "suspended") });
  expect(await workflows.claim(run, "a", 60_000)).toBe("claimed");
  expect(await workflows.claim(run, "a", 60_000)).toBe("claimed");
  expect(await elsewhere.claim(run, "b", 60_000)).toBe("taken");
  await elsewhere.release(run, "b");
  expect(await elsewhere.claim(run, "b", 60_000)).toBe("taken");
  expect(await elsewhere.claim(run, "b", 0)).toBe("claimed");
  expect(await workflows.claim(run, "a", 60_000)).toBe("taken");
  await elsewhere.release(run, "b");
  expect(await workflows.claim(run, "a", 60_000)).toBe("claimed");
  await workflows.persistWorkflowSnapshot({ ...run, snapshot: snapshot("r", "success") });
  expect(await elsewhere.claim(run, "b", 0)).toBe("not-suspended");
  expect(await elsewhere.claim({ ...run, runId: "none" }, "b", 0)).toBe("not-suspended");
});

test("a decision that comes twice on one of two calls keeps nobody from the other", async () => {
  const paid: unknown[] = [];
  const [store] = two();
  const { model } = stub([
    [call("c1", "refund", { order: "7" }), call("c2", "refund", { order: "8" })],
    [text("Paid.")],
  ]);
  const refund = tool("refund", (input) => paid.push(input), { requireApproval: true });
  const agents = { agent: claimResumes(made(model, { refund })) };
  const mastra = new Mastra({ agents, storage: mastraStorage(store), logger: false });
  const agent = mastra.getAgent("agent");
  const { runId = "" } = await agent.generate("Refund orders 7 and 8");
  const approve = async (toolCallId: string): Promise<unknown> =>
    agent.approveToolCallGenerate({ runId, toolCallId });
  const NOT_ASKED = "AGENT_RESUME_TOOL_CALL_NOT_SUSPENDED";
  expect(await outcomes([approve("none")])).toEqual([NOT_ASKED]);
  expect(await outcomes([approve("c1")])).toEqual(["done"]);
  expect(await outcomes([approve("c1")])).toEqual([NOT_ASKED]);
  expect(await outcomes([approve("c2")])).toEqual(["done"]);
  expect(await outcomes([approve("c2")])).toEqual(["CONFLICT"]);
  expect(paid).toEqual([{ order: "7" }, { order: "8" }]);
});
