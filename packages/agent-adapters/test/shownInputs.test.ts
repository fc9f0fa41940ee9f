import { expect, test } from "vitest";
import { frameworks } from "./scenarios/all.ts";
import { createWorld } from "./world.ts";

/** A graph's supersteps are its own: what is asked and called in them are no steps. */
const withSteps = frameworks.filter(({ name }) => !name.startsWith("LangGraph"));

test.each(withSteps)(
  "the steps of $name show the digest of a model's prompt, and the arguments of a tool",
  async ({ agent, prompt, needs }) => {
    const nothing = { ask: async () => undefined, did: () => undefined };
    const world = await createWorld({ agent: agent(nothing) });
    const runId = await world.run(prompt);
    for (;;) {
      const { pending } = await world.status(runId);
      if (pending.length === 0) break;
      for (const { id } of pending) await world.agent.approve({ threadId: "t", approvalId: id });
      await world.settle();
    }
    expect((await world.status(runId)).run.status).toBe("completed");

    const shown = world.server.runs().flatMap(({ steps }) =>
      steps.flatMap(({ name, input }) => {
        const [fields] = (input ?? []) as readonly object[];
        return fields ? [{ name, ...fields }] : [];
      }),
    );
    const prompts = shown.filter((one) => "prompt" in one);
    expect(prompts).toHaveLength(needs.models);
    for (const one of prompts)
      expect(one).toMatchObject({
        name: expect.stringMatching(/^(?:tool-)?think$/),
        turn: expect.any(Number),
        prompt: { bytes: expect.any(Number), digest: expect.stringMatching(/^[\da-f]{64}$/) },
      });
    expect(new Set(prompts.map((one) => JSON.stringify(one.prompt))).size).toBe(needs.models);

    const orders = shown.flatMap((one) => {
      if (!("input" in one)) return [];
      const { input } = one;
      const { order } = typeof input === "string" ? JSON.parse(input) : input;
      return [`${one.name} ${order}`];
    });
    const refunds = orders.filter((one) => !one.startsWith("tool-lookup"));
    expect(orders).toContain("tool-lookup 7");
    expect(new Set(refunds.map((one) => one.slice(-1)))).toEqual(new Set(["7", "8"]));
  },
);
