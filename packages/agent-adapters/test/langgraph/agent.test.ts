import { AIMessage } from "@langchain/core/messages";
import {
  Annotation,
  interrupt,
  MessagesAnnotation,
  Send,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { expect, test } from "vitest";
import { langGraphAgent } from "../../src/langgraph/index.ts";
import { createWorld } from "../world.ts";

/** A desk that thinks, asks a person, refunds, and says so; `did` is what happened outside. */
function desk() {
  const did: string[] = [];
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("think", ({ messages }) => {
      did.push(`model ${messages.length}`);
      return { messages: [new AIMessage("I shall ask.")] };
    })
    .addNode("ask", () => {
      const { approved } = interrupt<unknown, { readonly approved: boolean }>({ order: "123" });
      return { messages: [new AIMessage(approved ? "agreed" : "refused")] };
    })
    .addNode("refund", () => {
      did.push("refund");
      return { messages: [new AIMessage("Refunded.")] };
    })
    .addEdge(START, "think")
    .addEdge("think", "ask")
    .addEdge("ask", "refund");
  return { agent: langGraphAgent({ name: "desk", graph }), prompt: "Refund 123", seen: () => did };
}

test("a graph suspends at its interrupt, as an approval, and goes on with the decision", async () => {
  const { agent, prompt, seen } = desk();
  const world = await createWorld({ agent });
  const runId = await world.run(prompt);
  const { run, pending } = await world.status(runId);
  expect(run.status).toBe("suspended");
  expect(pending).toMatchObject([{ tool: "ask", input: { order: "123" } }]);
  await world.agent.approve({ threadId: "t", approvalId: pending[0]?.id ?? "", by: "dana" });
  await world.settle();
  expect((await world.status(runId)).run.outcome).toMatchObject({
    status: "completed",
    output: { response: "Refunded.", iterations: 3, status: "completed" },
  });
  expect(seen()).toEqual(["model 1", "refund"]);
  expect(await world.history()).toEqual([
    { role: "user", content: "Refund 123" },
    { role: "assistant", content: "Refunded." },
  ]);
});

test("a second message goes on with the graph's conversation", async () => {
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("count", ({ messages }) => ({ messages: [new AIMessage(`${messages.length}`)] }))
    .addEdge(START, "count");
  const world = await createWorld({ agent: langGraphAgent({ name: "counter", graph }) });
  await world.run("one");
  const runId = await world.run("two");
  expect((await world.status(runId)).run.outcome).toMatchObject({
    output: { response: "3", iterations: 1 },
  });
});

test("two people are asked at once: with `any` the graph goes on with the first, and asks for the other again", async () => {
  const State = Annotation.Root({
    said: Annotation<string[]>({ reducer: (one, other) => [...one, ...other], default: () => [] }),
  });
  const graph = new StateGraph(State)
    .addNode("fan", () => ({}))
    .addNode("ask", ({ who }: { readonly who: string }) => ({
      said: [`${who}: ${interrupt<string, string>(`${who}?`)}`],
    }))
    .addEdge(START, "fan")
    .addConditionalEdges("fan", () => ["ann", "bob"].map((who) => new Send("ask", { who })));
  const agent = langGraphAgent({
    name: "poll",
    graph,
    input: () => ({}),
    output: ({ said }: { readonly said: string[] }) => said,
    resumeWhen: "any",
  });
  const world = await createWorld({ agent });
  const runId = await world.run("ask");
  for (const [question, value] of [
    ["bob?", "no"],
    ["ann?", "yes"],
  ] as const) {
    const { pending } = await world.status(runId);
    const approvalId = pending.find(({ input }) => input === question)?.id ?? "";
    await world.agent.answer({ threadId: "t", approvalId, value, by: question });
    await world.settle();
  }
  expect((await world.status(runId)).run.outcome).toMatchObject({
    output: ["ann: yes", "bob: no"],
  });
});

test("a node that fails is tried again, and the ones before it are not", async () => {
  const ran: string[] = [];
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("first", () => {
      ran.push("first");
      return {};
    })
    .addNode("flaky", () => {
      ran.push("flaky");
      if (ran.length < 3) throw new Error("The service is down.");
      return { messages: [new AIMessage("done")] };
    })
    .addEdge(START, "first")
    .addEdge("first", "flaky");
  const world = await createWorld({ agent: langGraphAgent({ name: "flaky", graph }) });
  const runId = await world.run("go");
  expect((await world.status(runId)).run.status).toBe("completed");
  expect(ran).toEqual(["first", "flaky", "flaky"]);
});

test("a graph without an end fails, and says why", async () => {
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("round", () => ({}))
    .addEdge(START, "round")
    .addConditionalEdges("round", () => "round");
  const agent = langGraphAgent({ name: "round", graph, maxSupersteps: 4 });
  const world = await createWorld({ agent });
  const runId = await world.run("go");
  expect((await world.status(runId)).run).toMatchObject({
    status: "failed",
    outcome: { error: { message: expect.stringContaining("4 supersteps") as string } },
  });
});

test("options that are none are refused", () => {
  const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" }) as Error;
  expect(() => langGraphAgent({ name: "", graph: new StateGraph(MessagesAnnotation) })).toThrow(
    refused,
  );
  expect(() => langGraphAgent({ name: "x", graph: {} as never })).toThrow(refused);
});
