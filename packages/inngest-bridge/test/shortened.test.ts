import type { CommitResult } from "@perdure/checkpoint-core";
import { expect, onTestFinished, test } from "vitest";
import {
  type AgentOutcome,
  createInngestAgent,
  type DurableAgent,
  runAsStep,
} from "../src/index.ts";
import { createTestInngest, type RunView, type TestInngest } from "../src/testing/index.ts";
import { pairs } from "./bridge/everywhere.ts";

type Output = Readonly<Record<string, unknown>> | readonly unknown[];

/** An agent that settles with one output and, as a framework's loop does, gives it as it has it in this pass. */
function gives(output: Output, inThisPass: unknown = output): DurableAgent {
  return {
    name: "own",
    async run(_input, context): Promise<AgentOutcome> {
      await context.step<CommitResult["status"]>({ id: "end" }, async (held) => {
        const { status } = await held.commit({ settle: { status: "completed", output } });
        return status;
      });
      return { status: "completed", output: inThisPass, settled: true };
    },
    resume: () => expect.unreachable(),
  };
}

/** What a function of the agent's own reports, and what one of the user's own gets of it. */
async function both(agent: DurableAgent): Promise<{ report: unknown; result: unknown }> {
  const server = createTestInngest();
  const pair = await pairs.memory();
  onTestFinished(() => pair[Symbol.asyncDispose]());
  const client = server.client({ id: "app", checkpointing: false });
  const own = createInngestAgent({ inngest: client, agent, store: pair.a });
  const user = client.createFunction(
    { id: "user", retries: 0, triggers: [{ event: "go" }] },
    async ({ step }) => {
      const { result } = await runAsStep(step, agent, {
        threadId: "user",
        prompt: "go",
        store: pair.a,
      });
      return result;
    },
  );
  await server.register({ client, functions: [...own.functions, user] });
  await own.start({ threadId: "own", prompt: "go" });
  await server.send({ name: "go", data: {} });
  await server.settle({ advance: true });
  const { error, output } = last(server, "app-user");
  expect(error).toBeUndefined();
  const { output: report } = last(server, "app-own:run").output as { readonly output: unknown };
  return { report, result: output };
}

function last(server: TestInngest, functionId: string): RunView {
  const run = server.runs().findLast((one) => one.functionId === functionId);
  return run ?? expect.unreachable(`${functionId} has not run`);
}

const large = (letter: string, kib: number): string => letter.repeat(kib * 1024);

function cut(letter: string, kib: number): unknown {
  return {
    truncated: true,
    bytes: kib * 1024 + 2,
    preview: letter.repeat(1024),
    digest: expect.stringMatching(/^[\da-f]{64}$/),
  };
}

test("of a large output the largest parts are cut, until the rest fits", async () => {
  const output = { response: "ok", n: 1, a: large("a", 12), b: large("b", 20), c: large("c", 12) };
  const { report, result } = await both(gives(output));
  expect(report).toEqual({ ...output, b: cut("b", 20) });
  expect(result).toEqual(output);
});

test("of parts of one size the first by name is cut", async () => {
  const output = { b: large("b", 20), a: large("a", 20), response: "ok" };
  expect((await both(gives(output))).report).toEqual({ ...output, a: cut("a", 20) });
});

test("what has no parts, or too many, is cut as a whole", async () => {
  const list = [large("x", 40)];
  expect(await both(gives(list))).toMatchObject({ report: { truncated: true }, result: list });
  const many = Object.fromEntries(
    Array.from({ length: 400 }, (_, at) => [`part-${at}`, "x".repeat(100)]),
  );
  expect(await both(gives(many))).toMatchObject({ report: { truncated: true }, result: many });
});

test("an output whose keys stand in another order than the stored one's is the stored one", async () => {
  const b = { y: large("y", 40), x: 1 };
  const { result } = await both(gives({ a: 1, b }, { b: { x: 1, y: b.y }, a: 1 }));
  expect(result).toEqual({ a: 1, b });
  const list = [b];
  expect((await both(gives(list, [{ x: 1, y: b.y }]))).result).toEqual(list);
});

test("an output of which a step has cut a part before is the stored one", async () => {
  const parts = Object.fromEntries(
    Array.from({ length: 400 }, (_, at) => [`part-${at}`, "x".repeat(100)]),
  );
  const whole = { ...parts, response: large("r", 40) };
  const { report } = await both(gives({ n: 1, response: whole.response }));
  const { response } = report as { readonly response: unknown };
  expect((await both(gives(whole, { ...parts, response }))).result).toEqual(whole);
});

test("an output that looks like a cut one is what the agent gave", async () => {
  const marker = { truncated: true, bytes: 7, preview: "half a", digest: "none" };
  for (const output of [marker, { page: marker }, { page: { ...marker, digest: undefined } }])
    expect((await both(gives(output))).result).toEqual(JSON.parse(JSON.stringify(output)));
});

test("a stored output of another life is not taken for the one that was cut", async () => {
  const other = { text: large("a", 40) };
  const server = createTestInngest();
  const pair = await pairs.memory();
  onTestFinished(() => pair[Symbol.asyncDispose]());
  const client = server.client({ id: "app" });
  const agent = gives(other, { text: large("b", 40) });
  const user = client.createFunction(
    { id: "user", retries: 0, triggers: [{ event: "go" }] },
    async ({ step }) => runAsStep(step, agent, { threadId: "t", prompt: "go", store: pair.a }),
  );
  await server.register({ client, functions: [user] });
  await server.send({ name: "go", data: {} });
  await server.settle({ advance: true });
  expect(last(server, "app-user").error?.message).toMatch(/thread was deleted/);
});
