import { describe, expect, test } from "vitest";
import { calls, recorder, turns } from "../bridge/world.ts";
import { serveApp, serversUnderTest, until, type Way, waysOf } from "./app.ts";

const ways = waysOf(await serversUnderTest());

interface Span {
  readonly name: string;
  readonly outputID: string | null;
  readonly childrenSpans: readonly Span[];
}

async function ask(url: string, query: string): Promise<never> {
  const response = await fetch(`${url}/v0/gql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data as never;
}

/** What the dashboard shows as the inputs of an execution's steps, by the names that it shows. A step has several spans. */
async function inputsOn({ url, run }: Way, execution: string): Promise<readonly unknown[]> {
  const steps = run?.(execution)?.steps;
  if (steps)
    return steps.flatMap(({ name, input }) => (input === undefined ? [] : [[name, input]]));
  const children = "name outputID childrenSpans { name outputID childrenSpans { name outputID } }";
  const { runTrace } = (await ask(url, `{ runTrace(runID: "${execution}") { ${children} } }`)) as {
    readonly runTrace: Span;
  };
  const found = new Map<string, unknown>();
  for (const { name, outputID } of runTrace.childrenSpans) {
    if (outputID === null) continue;
    const { runTraceSpanOutputByID: output } = (await ask(
      url,
      `{ runTraceSpanOutputByID(outputID: ${JSON.stringify(outputID)}) { input } }`,
    )) as { readonly runTraceSpanOutputByID: { readonly input: string | null } };
    if (output.input) found.set(output.input, [name, JSON.parse(output.input)]);
  }
  return [...found.values()];
}

function asked(turn: number, messages: number): unknown {
  return [
    "think",
    [
      {
        turn,
        tools: ["look"],
        prompt: { messages, bytes: expect.any(Number), digest: expect.any(String) },
      },
    ],
  ];
}

describe.each(ways)("on $how, checkpointing $checkpointing", { timeout: 60_000 }, (way) => {
  test("the dashboard shows what a tool was called with, and the digest of a prompt", async () => {
    const look = recorder();
    const executions: string[] = [];
    const app = await serveApp(way.url, {
      checkpointing: way.checkpointing,
      loop: {
        tools: { look },
        model: turns(
          calls(["a", "look", { order: 7 }], ["b", "look", { order: 8 }]),
          async ({ runId }) => {
            const run = await app.store.runs.get(runId);
            executions.push(run?.execution ?? "");
            return { text: "done" };
          },
        ),
      },
    });
    const { runId } = await app.agent.start({ threadId: "t", prompt: "go" });
    await app.reaches(runId, "completed");
    let shown: readonly unknown[] = [];
    await until(async () => {
      shown = await inputsOn(way, executions[0] ?? "");
      return shown.length >= 4;
    });
    expect(shown).toHaveLength(4);
    expect(shown).toEqual(
      expect.arrayContaining([
        asked(1, 1),
        ["tool-look", [{ input: { order: 7 } }]],
        ["tool-look", [{ input: { order: 8 } }]],
        asked(2, 4),
      ]),
    );
    expect(look.seen).toHaveLength(2);
  });
});
