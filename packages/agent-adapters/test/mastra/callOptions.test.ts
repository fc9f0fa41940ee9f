import { readFileSync } from "node:fs";
import type { DurableAgentStreamOptions } from "@mastra/core/agent/durable";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { createInngestAgent } from "../../src/mastra/inngest.ts";
import { made } from "./made.ts";
import { stub, text } from "./stub.ts";

/** Each option that a call of a durable agent of Mastra's has: with a value where a run takes it. */
const OPTIONS: Readonly<
  Record<keyof DurableAgentStreamOptions, readonly [value: unknown] | "refused">
> = {
  autoResumeSuspendedTools: [true],
  clientTools: [{}],
  context: [[{ role: "user", content: "I am Ada." }]],
  instructions: ["Be kind."],
  maxSteps: [3],
  memory: [{ threadId: "t" }],
  modelSettings: [{ temperature: 0 }],
  onAbort: [() => undefined],
  onChunk: [() => undefined],
  onError: [() => undefined],
  onFinish: [() => undefined],
  onStepFinish: [() => undefined],
  onSuspended: [() => undefined],
  requestContext: [{ plan: "pro" }],
  requireToolApproval: [true],
  runId: ["r"],
  toolCallConcurrency: [2],
  toolChoice: ["auto"],
  _skipBgTaskWait: "refused",
  abortSignal: "refused",
  activeTools: "refused",
  actor: "refused",
  backgroundTaskPolicy: "refused",
  closeOnSuspend: "refused",
  delegation: "refused",
  disableBackgroundTasks: "refused",
  experimentalTransform: "refused",
  hideSignals: "refused",
  includeRawChunks: "refused",
  isTaskComplete: "refused",
  maxProcessorRetries: "refused",
  mcp: "refused",
  onIterationComplete: "refused",
  prepareStep: "refused",
  returnScorerData: "refused",
  stopWhen: "refused",
  structuredOutput: "refused",
  system: "refused",
  toolsets: "refused",
  tracingOptions: "refused",
  transform: "refused",
  untilIdle: "refused",
  versions: "refused",
};

const all = Object.entries(OPTIONS);

function support(...turns: Parameters<typeof stub>[0]) {
  const server = createTestInngest();
  const { model, asked } = stub(turns);
  const inngest = server.client({ id: "app" });
  return { server, inngest, agent: createInngestAgent({ inngest, agent: made(model, {}) }), asked };
}

test("each option of a call that a run has nothing for is refused by its name, and asks nobody", async () => {
  const { agent, asked } = support([text("never")]);
  const refused = all.flatMap(([name, taken]) => (taken === "refused" ? [name] : []));
  expect(refused).toContain("stopWhen");
  for (const name of refused)
    for (const call of ["stream", "generate"] as const)
      await expect(agent[call]("Go", { [name]: {} }), name).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(`${call} has no option "${name}"`) as string,
      });
  expect(asked).toEqual([]);
  await expect(agent.stream("Go", { stopWhen: () => true } as never)).rejects.toThrow("`options`");
});

test("each other is taken, by one run with all of them", async () => {
  const { agent, server, inngest, asked } = support([text("Done.")]);
  await server.register({ client: inngest, functions: agent.functions });
  const taken = all.flatMap(([name, one]) => (one === "refused" ? [] : [[name, one[0]] as const]));
  const { output } = await agent.stream("Go", Object.fromEntries(taken));
  await server.settle({ advance: true });
  expect(await output.text).toBe("Done.");
  expect(JSON.stringify(asked)).toContain("I am Ada.");
});

test("the README lists what is refused", () => {
  const page = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| refused by name"));
  const named = (name: string): boolean => rows.join().includes(`\`${name}\``);
  const refused = all.filter(([name, taken]) => taken === "refused" && !name.startsWith("_"));
  expect(refused.map(([name]) => name).filter((name) => !named(name))).toEqual([]);
});
