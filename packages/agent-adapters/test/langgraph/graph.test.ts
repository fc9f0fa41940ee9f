import { AIMessage, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import {
  Annotation,
  Command,
  END,
  interrupt,
  MessagesAnnotation,
  Send,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LangGraphSaver } from "../../src/langgraph/index.ts";
import { inFile, type OwnStore } from "./places.ts";
import { refundGraph } from "./refund.ts";
import { inOtherProcess } from "./process.ts";

let own: OwnStore;
let threads = 0;

beforeAll(async () => {
  own = await inFile();
});

afterAll(async () => own[Symbol.asyncDispose]());

/** A saver as another process has it: it has seen nothing. */
function freshSaver(): LangGraphSaver {
  return new LangGraphSaver(own.store);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

function freshThread(): { readonly configurable: { readonly thread_id: string } } {
  threads += 1;
  return { configurable: { thread_id: `thread:${threads}/ä😀` } };
}

test("a graph that asks a person is resumed by another process, and no node runs twice", async () => {
  const config = freshThread();
  const graph = refundGraph(freshSaver());
  const asked = await graph.invoke({ order: "123" }, config);
  expect(asked).toMatchObject({ __interrupt__: [{ value: { refund: "123" } }] });
  const resumed = await inOtherProcess(own.url, config.configurable.thread_id, { approved: true });
  expect(resumed).toEqual({ order: "123", looked: 1, refunded: true });
  expect((await graph.getState(config)).values).toEqual(resumed);
});

test("tasks of one step that had ended are not run again when a sister fails", async () => {
  const ran: string[] = [];
  let isDown = true;
  const State = Annotation.Root({
    out: Annotation<string[]>({ reducer: (one, other) => [...one, ...other], default: () => [] }),
  });
  const graph = new StateGraph(State)
    .addNode("fan", () => ({}))
    .addNode("work", ({ name }: { readonly name: string }) => {
      ran.push(name);
      if (name === "b" && isDown) throw new Error("The service is down.");
      return { out: [name] };
    })
    .addEdge(START, "fan")
    .addConditionalEdges("fan", () => ["a", "b", "c"].map((name) => new Send("work", { name })))
    .compile({ checkpointer: freshSaver() });
  const config = freshThread();
  await expect(graph.invoke({}, config)).rejects.toThrow("The service is down.");
  isDown = false;
  expect(await graph.invoke(null, config)).toEqual({ out: ["a", "b", "c"] });
  expect(ran.filter((name) => name === "a")).toHaveLength(1);
  expect(ran.filter((name) => name === "b")).toHaveLength(2);
});

test("a conversation goes on with its messages as instances, and an old state can be forked", async () => {
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("answer", ({ messages }) => ({
      messages: [new AIMessage(`You have said ${messages.length} things.`)],
    }))
    .addEdge(START, "answer")
    .addEdge("answer", END);
  const config = freshThread();
  const first = graph.compile({ checkpointer: freshSaver() });
  await first.invoke({ messages: [new HumanMessage("Hello")] }, config);
  const second = graph.compile({ checkpointer: freshSaver() });
  const { messages } = await second.invoke({ messages: [new HumanMessage("Again")] }, config);
  expect(messages.map((message: BaseMessage) => [message.getType(), message.text])).toEqual([
    ["human", "Hello"],
    ["ai", "You have said 1 things."],
    ["human", "Again"],
    ["ai", "You have said 3 things."],
  ]);
  const states = await all(second.getStateHistory(config));
  const before = states.find(({ values }) => values.messages?.length === 2 && values.messages);
  expect(before).toBeDefined();
  const forked = await second.invoke(
    { messages: [new HumanMessage("Otherwise")] },
    before?.config ?? {},
  );
  expect(forked.messages.map(({ text }: BaseMessage) => text)).toEqual([
    "Hello",
    "You have said 1 things.",
    "Otherwise",
    "You have said 3 things.",
  ]);
});

test("a graph inside a graph asks a person, and is resumed where it stood", async () => {
  const runs: string[] = [];
  const State = Annotation.Root({ answer: Annotation<string> });
  const inner = new StateGraph(State)
    .addNode("before", () => {
      runs.push("before");
      return {};
    })
    .addNode("ask", () => ({ answer: interrupt<string, string>("Which one?") }))
    .addEdge(START, "before")
    .addEdge("before", "ask")
    .compile();
  const outer = new StateGraph(State)
    .addNode("inner", inner)
    .addNode("after", ({ answer }) => ({ answer: `${answer}!` }))
    .addEdge(START, "inner")
    .addEdge("inner", "after");
  const config = freshThread();
  const graph = outer.compile({ checkpointer: freshSaver() });
  await graph.invoke({}, config);
  const state = await graph.getState(config, { subgraphs: true });
  expect(state.tasks[0]?.interrupts).toMatchObject([{ value: "Which one?" }]);
  const elsewhere = outer.compile({ checkpointer: freshSaver() });
  expect(await elsewhere.invoke(new Command({ resume: "the red one" }), config)).toEqual({
    answer: "the red one!",
  });
  expect(runs).toEqual(["before"]);
});
