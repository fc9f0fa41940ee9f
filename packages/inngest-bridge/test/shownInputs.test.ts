import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { Middleware } from "inngest";
import { expect, test } from "vitest";
import {
  claimCheck,
  createAgentLoop,
  createInngestAgent,
  type InngestAgentOptions,
  perdureMiddleware,
} from "../src/index.ts";
import { createTestInngest, type StepView } from "../src/testing/index.ts";
import { calls, createWorld, recorder, turns, type World } from "./bridge/world.ts";

const script = turns(calls(["a", "look", { order: 7 }], ["b", "refund", { order: 8 }]), {
  text: "done",
});

/** The inputs of the steps of all executions that show one, by name. */
function inputs(world: World): readonly (readonly [string, unknown])[] {
  const steps = world.executions().flatMap((run): readonly StepView[] => run.steps);
  return steps.flatMap(({ name, input }) => (input === undefined ? [] : [[name, input] as const]));
}

function prompt(messages: number): unknown {
  return {
    messages,
    bytes: expect.any(Number),
    digest: expect.stringMatching(/^[\da-f]{64}$/),
  };
}

test.each([true, false])(
  "a tool's step shows the arguments that a person agreed to, a model's step the digest of its prompt (checkpointing %s)",
  async (checkpointing) => {
    const refund = recorder(() => "paid", { requiresApproval: true });
    const world = await createWorld({
      checkpointing,
      tools: { look: recorder(), refund },
      model: script,
    });
    const { runId } = await world.agent.start({ threadId: "t", prompt: "go" });
    await world.server.settle({ advance: true });
    const input = { order: 8, why: "late" };
    await world.agent.approve({ threadId: "t", callId: "b", runId, input });
    await world.server.settle({ advance: true });
    const tools = ["look", "refund"];
    expect(inputs(world)).toEqual([
      ["think", [{ turn: 1, prompt: prompt(1), tools }]],
      ["tool-look", [{ input: { order: 7 } }]],
      ["tool-refund", [{ input }]],
      ["think", [{ turn: 2, prompt: prompt(4), tools }]],
    ]);
    expect(refund.seen.map(({ input: seen }) => seen)).toEqual([input]);
  },
);

test("the digest is the prompt's, and of large arguments only the beginning is shown", async () => {
  const big = { text: "x".repeat(100_000), half: "\ud83d" };
  const model = turns(calls(["a", "look", big]), { text: "done" });
  const digests = [];
  for (const said of ["go", "go", "stop"]) {
    const world = await createWorld({ tools: { look: recorder() }, model });
    await world.send({ threadId: "t", prompt: said });
    const [think, tool] = inputs(world);
    digests.push(JSON.stringify(think));
    expect(tool?.[1]).toEqual([
      {
        input: {
          truncated: true,
          bytes: 100_027,
          preview: expect.any(String),
          digest: expect.any(String),
        },
      },
    ]);
    expect(JSON.stringify(tool).length).toBeLessThan(2048);
  }
  const [one, same, other] = digests;
  expect(same).toBe(one);
  expect(other).not.toBe(one);
});

test("nothing is shown of what the caller hands along, of settings and of keys", async () => {
  const key = "sk-very-secret";
  const world = await createWorld({ tools: { look: recorder() }, model: script });
  await world.agent.start({
    threadId: "t",
    prompt: "go",
    requestContext: { key },
    modelSettings: { apiKey: key },
  });
  await world.server.settle({ advance: true });
  expect(inputs(world)).not.toEqual([]);
  expect(JSON.stringify(inputs(world))).not.toContain("secret");
});

/** As Inngest's own middleware does that encrypts: it changes what steps give, and does not look at what `step.run` is given. */
class Encrypting extends Middleware.BaseMiddleware {
  override readonly id = "encrypting";
  override async wrapStepHandler({ next }: Middleware.WrapStepHandlerArgs): Promise<unknown> {
    return next();
  }
}

const encrypting = { functionOptions: { middleware: [Encrypting] } };

test.each<readonly [string, Partial<InngestAgentOptions>, boolean]>([
  ["a middleware that changes what steps give", encrypting, false],
  [
    "such a middleware, and the word of whoever knows it",
    { ...encrypting, showInputs: true },
    true,
  ],
  ["nothing but the word", { showInputs: false }, false],
])("what decides whether inputs are shown: %s", async (_what, agent, isShown) => {
  const world = await createWorld({ tools: { look: recorder() }, model: script, agent });
  await world.send({ threadId: "t", prompt: "go" });
  expect(inputs(world).length > 0).toBe(isShown);
});

test("a middleware of the client that keeps what steps give elsewhere has inputs hidden, too", async () => {
  const shown = [];
  for (const isKeeping of [true, false]) {
    const server = createTestInngest();
    const store = createStore({ backend: memoryBackend() });
    const middleware = isKeeping ? [claimCheck({ store })] : [perdureMiddleware];
    const inngest = server.client({ id: "app", middleware });
    const agent = createAgentLoop({ name: "support", model: script, tools: { look: recorder() } });
    const app = createInngestAgent({ inngest, agent, store });
    await server.register({ client: inngest, functions: app.functions });
    await app.start({ threadId: "t", prompt: "go" });
    await server.settle({ advance: true });
    const steps = server.runs().flatMap((run): readonly StepView[] => run.steps);
    shown.push(steps.filter(({ input }) => input !== undefined).length);
  }
  expect(shown).toEqual([0, 4]);
});

test("steps have the same ids, and are done as often, whether inputs are shown or not", async () => {
  const seen = [];
  for (const showInputs of [true, false]) {
    const look = recorder();
    const world = await createWorld({
      checkpointing: false,
      tools: { look, refund: recorder() },
      model: script,
      agent: { showInputs },
    });
    await world.send({ threadId: "t", prompt: "go" }, "e1");
    const [run] = world.executions();
    const steps = run?.steps.map(({ id, name, op }) => ({ id, name, op }));
    seen.push({
      steps,
      requests: run?.requests,
      calls: look.seen.length,
      asked: world.asked.length,
    });
  }
  expect(seen[0]).toEqual(seen[1]);
});
