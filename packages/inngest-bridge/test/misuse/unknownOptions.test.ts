import { expect, test } from "vitest";
import * as bridge from "../../src/index.ts";
import { turns } from "../bridge/world.ts";
import { desk, type Desk } from "./desk.ts";

const X: object = { misspelt: 1 };

type Call = (desk: Desk) => unknown;

const tool = { description: "d", parameters: { type: "object" }, execute: () => 1 };
const at = { threadId: "t", callId: "r", ...X };
const asked = { threadId: "t", prompt: "go", ...X };

/** Every call of an agent whose runs are worked on somewhere. */
const agentCalls = {
  start: ({ agent }) => agent.start(asked),
  approve: ({ agent }) => agent.approve(at),
  deny: ({ agent }) => agent.deny(at),
  answer: ({ agent }) => agent.answer({ ...at, value: 1 }),
  cancel: ({ agent }) => agent.cancel({ runId: "r", ...X }),
  deleteThread: ({ agent }) => agent.deleteThread({ threadId: "t", ...X }),
  status: ({ agent }) => agent.status({ runId: "r", ...X }),
  observe: ({ agent }) => agent.observe("r", X),
  stream: ({ agent }) => agent.stream("go", X),
  generate: ({ agent }) => agent.generate("go", X),
  prepare: ({ agent }) => agent.prepare("go", X),
  resume: ({ agent }) => agent.resume("r", undefined, X),
  "resume({ runId })": ({ agent }) => agent.resume({ runId: "r", ...X }),
  retry: ({ agent }) => agent.retry("r", X),
  "runs.list": ({ agent }) => agent.runs.list(X),
  cancelFollowUp: ({ agent }) => agent.cancelFollowUp("t", "f", X),
  followUp: ({ agent }) => agent.followUp("t", { after: 1, ...X }),
} satisfies Readonly<Record<string, Call>>;

const localCalls = {
  start: ({ local }) => local.start(asked),
  approve: ({ local }) => local.approve(at),
  deny: ({ local }) => local.deny(at),
  answer: ({ local }) => local.answer({ ...at, value: 1 }),
  cancel: ({ local }) => local.cancel({ runId: "r", ...X }),
  deleteThread: ({ local }) => local.deleteThread({ threadId: "t", ...X }),
  status: ({ local }) => local.status({ runId: "r", ...X }),
  observe: ({ local }) => local.observe("r", X),
  resume: ({ local }) => local.resume({ runId: "r", ...X }),
} satisfies Readonly<Record<string, Call>>;

const makers = {
  createInngestAgent: ({ inngest, loop: agent, store }) =>
    bridge.createInngestAgent({ inngest, agent, store, ...X }),
  createAgentLoop: () => bridge.createAgentLoop({ name: "a", model: turns(), ...X }),
  defineTool: () =>
    bridge.createAgentLoop({ name: "a", model: turns(), tools: { t: { ...tool, ...X } } }),
  compaction: () => {
    const compaction = { above: 4, keep: 2, summarize: () => "", ...X };
    return bridge.createAgentLoop({ name: "a", model: turns(), compaction });
  },
  localAgent: ({ loop: agent, store }) => bridge.localAgent({ agent, store, ...X }),
  runLocally: ({ loop, store }) =>
    bridge.runLocally(loop, { store, threadId: "t", prompt: "go", ...X }),
  createUpkeep: ({ inngest, store }) => bridge.createUpkeep({ inngest, store, ...X }),
  claimCheck: ({ store }) => bridge.claimCheck({ store, ...X }),
  memoryTools: ({ inngest, store }) => bridge.memoryTools({ inngest, store, ...X }),
  inferredModel: () => bridge.inferredModel({ model: "m", apiKey: "k", ...X }),
  openAIModel: () => bridge.openAIModel({ model: "m", apiKey: "k", ...X }),
  durableModel: () => bridge.durableModel(() => 1, X),
  durableTool: () => bridge.durableTool({ name: "n", ...tool }, X),
  asStep: () => bridge.asStep({ name: "n", ...tool }, X),
  finalizeRun: () =>
    bridge.finalizeRun({ messages: [], finalOutput: 1 } as never, {
      agentName: "a",
      model: "m",
      ...X,
    }),
  inngestTool: () => bridge.inngestTool({ description: "d", parameters: {}, function: {}, ...X }),
  delegate: ({ loop }) => bridge.delegate(loop, { description: "d", ...X }),
  spawn: ({ agent }) => bridge.spawn(agent, { description: "d", ...X }),
  schedule: ({ agent }) => bridge.schedule(agent, { description: "d", ...X }),
  serve: ({ inngest, agent }) => bridge.serve({ client: inngest, agents: [agent], ...X }),
  createServe: ({ inngest }) => bridge.createServe(() => () => 1)({ client: inngest, ...X }),
  storePublisher: () => bridge.storePublisher(X),
  refusalsOf: ({ store }) => bridge.refusalsOf(store, "t", X),
  runAsStep: ({ loop, store }) =>
    bridge.runAsStep({} as never, loop, { threadId: "t", prompt: "go", store, ...X }),
  resumeAsStep: ({ loop, store }) => bridge.resumeAsStep({} as never, loop, "t", { store, ...X }),
  "loop(step)": ({ loop, store }) =>
    loop({} as never, { threadId: "t", message: "go", store, ...X }),
} satisfies Readonly<Record<string, Call>>;

/** What the package gives that takes no options. */
const WITHOUT_OPTIONS = [
  "budgetExceededIn",
  "currentStep",
  "durable",
  "isInngestAgent",
  "pricesFrom",
  "publishToAll",
  "realtimePublisher",
  "resumeEventType",
  "runChannel",
  "runEventType",
  "streamOf",
  "withStep",
];

const all: readonly (readonly [string, Call])[] = [
  ...Object.entries(agentCalls).map(([name, call]) => [`agent.${name}`, call] as const),
  ...Object.entries(localCalls).map(([name, call]) => [`localAgent.${name}`, call] as const),
  ...Object.entries(makers),
];

test.each(all)("%s refuses an option that it does not have, by its name", async (_name, call) => {
  const made = await desk();
  const before = made.writes();
  await expect((async () => call(made))()).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining("misspelt"),
  });
  expect(made.writes()).toBe(before);
});

function callsOf(of: object): readonly string[] {
  return Object.entries(of).flatMap(([name, one]) => (typeof one === "function" ? [name] : []));
}

test("no call of the package is forgotten", async () => {
  const { agent, local } = await desk();
  const named = new Set([...Object.keys(makers), ...WITHOUT_OPTIONS]);
  const functions = Object.entries(bridge).filter(
    ([name, one]) => typeof one === "function" && !/^[A-Z]|^perdureMiddleware$/.test(name),
  );
  expect(functions.map(([name]) => name).filter((name) => !named.has(name))).toEqual([]);
  const others = new Set(["idle"]);
  const without =
    (known: object): ((name: string) => boolean) =>
    (name) =>
      !Object.keys(known).includes(name) && !others.has(name);
  expect(callsOf({ ...agent, agent: undefined }).filter(without(agentCalls))).toEqual([]);
  expect(callsOf(local).filter(without(localCalls))).toEqual([]);
});
