import { calcPrice } from "@pydantic/genai-prices";
import { expect, test } from "vitest";
import {
  type FinalizedRun,
  finalizeRun,
  perdureMiddleware,
  type Price,
  pricesFrom,
  type RunItem,
  type RunResult,
} from "../../src/index.ts";
import { type App, createTestInngest, type FaultPlan, faultAt } from "../../src/testing/index.ts";

/** What a function answers that counts this, and the steps that it made. */
async function finalized(
  counting: () => Promise<FinalizedRun>,
  options: { readonly checkpointing?: boolean; readonly faults?: FaultPlan } = {},
): Promise<{ readonly output: unknown; readonly steps: readonly string[] }> {
  const { checkpointing = true, faults } = options;
  const server = createTestInngest({ retryDelay: () => 1000, ...(faults ? { faults } : {}) });
  const create = (): App => {
    const client = server.client({ id: "app", checkpointing });
    const fn = client.createFunction(
      { id: "fn", triggers: [{ event: "go" }], retries: 2, middleware: [perdureMiddleware] },
      async () => counting(),
    );
    return { client, functions: [fn] };
  };
  await server.register({ create });
  await server.send({ name: "go", data: {} });
  await server.settle({ advance: true });
  const [run] = server.runs();
  return { output: run?.output, steps: run?.steps.map(({ name }) => name) ?? [] };
}

const by = (type: string, agent: string): RunItem => ({ type, agent: { name: agent } });
const handoff = (from: string, to: string): readonly RunItem[] => [
  by("handoff_call_item", from),
  { type: "handoff_output_item", sourceAgent: { name: from }, targetAgent: { name: to } },
];

/** Triage hands over to Sales, Sales to Support: as the OpenAI Agents SDK gives it. */
const threeWay: RunResult = {
  finalOutput: "done",
  newItems: [
    ...handoff("Triage", "Sales"),
    by("reasoning_item", "Sales"),
    by("tool_call_item", "Sales"),
    by("tool_approval_item", "Sales"),
    by("tool_call_output_item", "Sales"),
    ...handoff("Sales", "Support"),
    by("message_output_item", "Support"),
  ],
  lastAgent: { name: "Support" },
  state: {
    usage: {
      requests: 3,
      inputTokens: 250,
      outputTokens: 30,
      totalTokens: 280,
      requestUsageEntries: [
        { inputTokens: 100, outputTokens: 10, totalTokens: 110 },
        { inputTokens: 100, outputTokens: 10, totalTokens: 110 },
        { inputTokens: 50, outputTokens: 10, totalTokens: 60 },
      ],
    },
  },
};

const threeWayStats = {
  totalToolCalls: 1,
  totalMessages: 1,
  totalReasoningSteps: 1,
  totalItems: 8,
  agentsInvolved: ["Sales", "Support", "Triage"],
  agentCount: 3,
  startingAgent: "Triage",
  finalAgent: "Support",
  inputTokens: 250,
  outputTokens: 30,
  totalTokens: 280,
  totalCostUsd: 310,
  model: "gpt-4o",
};

const options = {
  agentName: "Triage",
  model: "gpt-4o",
  price: (_model: string, usage: { readonly inputTokens: number; readonly outputTokens: number }) =>
    usage.inputTokens + 2 * usage.outputTokens,
};

test.each([true, false])(
  "counts all agents of a three-way handoff in one step (checkpointing %s)",
  async (checkpointing) => {
    const { output, steps } = await finalized(() => finalizeRun(threeWay, options), {
      checkpointing,
    });
    expect(output).toEqual({ finalOutput: "done", stats: threeWayStats });
    expect(steps).toEqual(["run-stats"]);
  },
);

for (const checkpointing of [true, false])
  for (const fault of ["lose-request", "lose-response", "double", "stop-during"] as const)
    test(`stats stay what they were stored as (${fault}, checkpointing ${checkpointing})`, async () => {
      let asked = 0;
      const price = (): number => {
        asked += 1;
        return asked;
      };
      const one: RunResult = { newItems: [], usage: { input_tokens: 1, output_tokens: 1 } };
      const { output, steps } = await finalized(
        () => finalizeRun(one, { agentName: "a", model: "m", price }),
        { checkpointing, faults: faultAt(0, fault) },
      );
      expect(steps).toEqual(["run-stats"]);
      const { totalCostUsd } = (output as FinalizedRun).stats;
      expect([1, 2]).toContain(totalCostUsd);
      expect(asked).toBeLessThanOrEqual(2);
    });

test("sums the parts of a run that was suspended, whatever names their tokens have", async () => {
  const parts: readonly RunResult[] = [
    { newItems: [by("tool_call", "a")], usage: { prompt_tokens: 10, completion_tokens: 2 } },
    {
      finalOutput: { ok: true },
      newItems: [by("tool_result", "a"), by("message", "a"), by("something_new", "a")],
      usage: [
        {
          model: "other",
          input_tokens: 5,
          cache_read_input_tokens: 20,
          cache_creation_input_tokens: 3,
          output_tokens: 1,
        },
        { inputTokens: { total: 7, cacheRead: 4 }, outputTokens: { total: 1 } },
      ],
    },
  ];
  const seen: unknown[] = [];
  const price = (model: string, usage: unknown): number => {
    seen.push([model, usage]);
    return 1;
  };
  const { output } = await finalized(() =>
    finalizeRun(parts, { agentName: "a", model: "m", price }),
  );
  expect(output).toEqual({
    finalOutput: { ok: true },
    stats: {
      totalToolCalls: 1,
      totalMessages: 1,
      totalReasoningSteps: 0,
      totalItems: 4,
      agentsInvolved: ["a"],
      agentCount: 1,
      startingAgent: "a",
      finalAgent: "a",
      inputTokens: 45,
      outputTokens: 4,
      totalTokens: 49,
      totalCostUsd: 3,
      model: "m",
    },
  });
  expect(seen).toEqual([
    ["m", { inputTokens: 10, outputTokens: 2, totalTokens: 12 }],
    [
      "other",
      {
        inputTokens: 28,
        outputTokens: 1,
        totalTokens: 29,
        cachedInputTokens: 20,
        cacheWriteTokens: 3,
      },
    ],
    ["m", { inputTokens: 7, outputTokens: 1, totalTokens: 8, cachedInputTokens: 4 }],
  ]);
});

const once = { inputTokens: 1, outputTokens: 1 };
const unpriced: readonly (readonly [string, Partial<RunResult>, { readonly price?: Price }])[] = [
  ["there is no price", {}, {}],
  ["a call reported nothing", { usage: [once, {}] }, { price: () => 1 }],
  ["one model has no price", { usage: [once] }, { price: () => null }],
  ["nobody reported anything", {}, { price: () => 1 }],
];

test.each(unpriced)("the cost is null where %s", async (_what, result, more) => {
  const { output } = await finalized(() =>
    finalizeRun({ newItems: [], ...result }, { agentName: "a", model: "m", ...more }),
  );
  expect((output as FinalizedRun).stats.totalCostUsd).toBe(null);
});

test("a price list that is kept elsewhere says what a model costs", async () => {
  const price: Price = pricesFrom(calcPrice, { providerId: "openai" });
  expect(
    await price("gpt-4o", { inputTokens: 1_000_000, outputTokens: 0, totalTokens: 1_000_000 }),
  ).toBe(2.5);
  const cached = { inputTokens: 1_000_000, outputTokens: 0, totalTokens: 1_000_000 };
  expect(await price("gpt-4o", { ...cached, cachedInputTokens: 1_000_000 })).toBe(1.25);
  expect(await price("no such model", cached)).toBe(null);
});

test.each([
  [{}, options, /newItems/],
  [{ newItems: [] }, { ...options, agentName: "" }, /agentName/],
  [{ newItems: [] }, { ...options, model: undefined }, /model/],
  [{ newItems: [] }, { ...options, price: 3 }, /price/],
])("refuses %j", async (result, given, message) => {
  const server = createTestInngest();
  const inngest = server.client({ id: "app", middleware: [perdureMiddleware] });
  const thrown: unknown[] = [];
  const fn = inngest.createFunction(
    { id: "fn", triggers: [{ event: "go" }], retries: 3 },
    async () => {
      try {
        await finalizeRun(result as RunResult, given as typeof options);
      } catch (error) {
        thrown.push(error);
        throw error;
      }
    },
  );
  await server.register({ client: inngest, functions: [fn] });
  await server.send({ name: "go", data: {} });
  await server.settle({ advance: true });
  expect(thrown.at(-1)).toMatchObject({ message: expect.stringMatching(message) });
});

test("is refused where no step can be made", async () => {
  await expect(finalizeRun({ newItems: [] }, options)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});
