import { Agent } from "@mastra/core/agent";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { createInngestAgent } from "../../src/mastra/inngest.ts";
import { made } from "./made.ts";
import { stub, text } from "./stub.ts";

/** Verbs of Mastra's that work on a run, or speak of one. */
const WORKS =
  /^(?:generate(?!Title)|stream|resume|network|approve|decline|send|queue|cancel|abort|subscribe|claim|discover|recover|observe|prepare$|listActive|listSuspended|getActive)/;

function methodsOf(prototype: object): string[] {
  const above = Object.getPrototypeOf(prototype) as object | null;
  const own = Object.getOwnPropertyNames(prototype);
  return above === null || above === Object.prototype ? own : [...own, ...methodsOf(above)];
}

test("what would work beside the runs that are kept is refused, and asks nobody", () => {
  const { model, asked } = stub([[text("never")]]);
  const inngest = createTestInngest().client({ id: "app" });
  const agent = createInngestAgent({ inngest, agent: made(model, {}) });
  const works = [...new Set(methodsOf(Agent.prototype))].filter((name) => WORKS.test(name));
  const others = works.filter((name) => !Object.hasOwn(agent, name));
  expect(works.length).toBeGreaterThan(others.length);
  expect(others).toContain("streamUntilIdle");
  for (const name of others) {
    const call = (agent as unknown as Record<string, () => unknown>)[name];
    expect(call, name).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  }
  expect(asked).toEqual([]);
});

test("what Mastra asks of an agent that it lists is answered by the agent itself", async () => {
  const agent = createInngestAgent({
    inngest: createTestInngest().client({ id: "app" }),
    agent: made(stub([]).model, {}),
  }) as unknown as Agent;
  expect(await agent.getInstructions()).toEqual(expect.any(String));
  expect(await agent.listTools()).toEqual({});
});
