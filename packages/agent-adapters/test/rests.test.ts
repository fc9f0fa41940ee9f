import type { RunChunk } from "@perdure/inngest-bridge";
import { describe, expect, test } from "vitest";
import { frameworks } from "./working.ts";
import { createWorld, type World } from "./world.ts";

/** What a reader of a run hears of how it begins and comes to rest, from the start. */
async function told(world: World): Promise<readonly RunChunk[]> {
  const chunks: RunChunk[] = [];
  for await (const chunk of (await world.agent.observe("r")).fullStream)
    if (chunk.event.startsWith("run.") || chunk.event === "stream.ended") chunks.push(chunk);
  return chunks;
}

const names = (chunks: readonly RunChunk[]): readonly string[] => chunks.map(({ event }) => event);

async function fail(): Promise<void> {
  throw new Error("The provider is gone.");
}

describe.each(frameworks)("how runs of %s come to rest, as it is streamed", (_, on) => {
  test("suspended with the call that is asked about, resumed, suspended again, completed", async () => {
    const world = await createWorld({ agent: on({ asks: true }).agent });
    const first = await world.agent.stream("go", { threadId: "t", runId: "r" });
    await world.settle();
    const seen: RunChunk[] = [];
    for await (const chunk of first.fullStream) seen.push(chunk);
    const suspended = seen.at(-1);
    expect(suspended).toMatchObject({
      event: "run.suspended",
      data: { runId: "r", toolCalls: [{ callId: "a", toolName: "work", toolInput: { id: "a" } }] },
    });
    await world.agent.resume("r", { approved: true });
    await world.settle();
    await world.agent.resume("r", { approved: true });
    await world.settle();
    expect(names(await told(world))).toEqual([
      "run.started",
      "run.suspended",
      "run.resumed",
      "run.suspended",
      "run.resumed",
      "run.completed",
      "stream.ended",
    ]);
  });

  test("failed, as a run that can be tried again", async () => {
    const world = await createWorld({ agent: on({ ask: fail }).agent });
    await world.agent.stream("go", { threadId: "t", runId: "r" });
    await world.settle();
    const chunks = await told(world);
    expect(names(chunks)).toEqual(["run.started", "run.failed"]);
    expect(chunks.at(-1)).toMatchObject({
      data: { error: expect.stringContaining("The provider is gone.") as string },
    });
  });

  test("interrupted, when it is cancelled while it waits", async () => {
    const world = await createWorld({ agent: on({ asks: true }).agent });
    await world.agent.stream("go", { threadId: "t", runId: "r" });
    await world.settle();
    await world.agent.cancel({ runId: "r" });
    await world.settle();
    const chunks = await told(world);
    expect(names(chunks)).toEqual([
      "run.started",
      "run.suspended",
      "run.interrupted",
      "stream.ended",
    ]);
    expect(chunks.at(2)).toMatchObject({ data: { reason: "user_cancellation" } });
  });
});
