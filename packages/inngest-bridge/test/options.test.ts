import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { createAgentLoop, createInngestAgent, type InngestAgentOptions } from "../src/index.ts";
import { createTestInngest } from "../src/testing/index.ts";

const store = createStore({ backend: memoryBackend() });

function named(name: string): InngestAgentOptions["agent"] {
  return createAgentLoop({ name, model: async () => ({ text: "hello" }) });
}

function create(options: Readonly<Record<string, unknown>>): unknown {
  const inngest = createTestInngest().client({ id: "app" });
  const all = { inngest, agent: named("support"), store, ...options };
  return createInngestAgent(all);
}

test.each([
  { whenBusy: "wait" },
  { retries: 3 },
  { trustEvents: "false" },
  { trustEvents: 1 },
  { authorize: "yes" },
  { authorize: true },
  { scope: "tenant" },
  { scope: { tenant: "a" } },
  { runEvent: "" },
  { resumeEvent: 5 },
  { runEvent: "one", resumeEvent: "one" },
  { id: "" },
  { id: "O'Neil" },
  { agent: named("O'Neil") },
  { id: "a\\b" },
  { id: "a\nb" },
  { id: 'say "a"' },
  { resumeEvent: 'a "b"' },
  { resumeEvent: "a\\b" },
  { resumeEvent: "a\tb" },
  { agent: named("a\rb") },
  { name: 7 },
  { functionOptions: "retries" },
  { silenceMs: 10 },
  { agent: { ...named("support"), name: "half \ud83d" } },
  { agent: { ...named("support"), name: "" } },
  { agent: { ...named("support"), name: undefined } },
  { agent: { name: "support" } },
])("refuses the options %j", (options) => {
  expect(() => create(options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

test("says of what is no agent, and of a store that was not awaited, what is wanted", () => {
  expect(() => create({ agent: { name: "raw", generate: () => 1 } })).toThrow("mastraAgent");
  expect(() => create({ store: Promise.resolve(store) })).toThrow("await");
  expect(() => create({ store: "agents.db" })).toThrow("openStore");
});

test("refuses a second agent on the events of another of the same client", () => {
  const inngest = createTestInngest().client({ id: "app" });
  createInngestAgent({ inngest, agent: named("one"), store });
  const second = { inngest, agent: named("two"), store };
  const refusal = expect.objectContaining({ code: "INVALID_ARGUMENT" });
  expect(() => createInngestAgent(second)).toThrow(refusal);
  expect(() => createInngestAgent({ ...second, runEvent: "two/run" })).toThrow(refusal);
  const crossed = { runEvent: "two/run", resumeEvent: "ziro/agent.run.requested" };
  expect(() => createInngestAgent({ ...second, ...crossed })).toThrow(refusal);
  const own = { runEvent: "two/run", resumeEvent: "two/resume" };
  expect(createInngestAgent({ ...second, ...own }).id).toBe("two");
});

test("takes the same agent again on one client, and another on another client", () => {
  const inngest = createTestInngest().client({ id: "app" });
  for (const agent of [named("one"), named("one")])
    expect(createInngestAgent({ inngest, agent, store }).id).toBe("one");
  const elsewhere = createTestInngest().client({ id: "app" });
  expect(createInngestAgent({ inngest: elsewhere, agent: named("two"), store }).id).toBe("two");
});
