import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { expect, onTestFinished, test } from "vitest";
import { createInngestAgent, type RunChunk, runLocally } from "../../src/index.ts";
import { createTestInngest } from "../../src/testing/index.ts";
import { storeAt, writer } from "./fixtures/agent.ts";

test("a run is heard in another process, also after the one that wrote was killed, and its text is shown once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "perdure-stream-"));
  const store = storeAt(join(folder, "agents.db"));
  const child = spawn(
    execPath,
    [join(import.meta.dirname, "fixtures/killed.ts"), join(folder, "agents.db")],
    { stdio: "inherit" },
  );
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await store[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  const next = writer(async ({ stream }) => {
    stream?.text("half of");
    stream?.text(" the answer");
    return "half of the answer";
  });
  const inngest = createTestInngest().client({ id: "app" });
  const agent = createInngestAgent({ inngest, agent: next, store });

  // The run is there as soon as the child has begun it.
  while (!(await store.runs.get("r"))) await new Promise((resolve) => setTimeout(resolve, 20));
  const chunks: RunChunk[] = [];
  let going: ReturnType<typeof runLocally> | undefined;
  for await (const chunk of (await agent.observe("r")).fullStream) {
    chunks.push(chunk);
    if (chunk.event !== "text.delta" || going) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
    going = runLocally(next, { store, threadId: "t", runId: "r", silenceMs: 1000 });
  }
  expect(await going).toMatchObject({ status: "completed" });
  const said = chunks.flatMap(({ event, data }) => (event === "text.delta" ? [data.delta] : []));
  expect(said).toEqual(["half of the ", "answer"]);
  expect(chunks.filter(({ event }) => event.startsWith("run.")).map(({ event }) => event)).toEqual([
    "run.started",
    "run.resumed",
    "run.completed",
  ]);
  const again: RunChunk[] = [];
  for await (const chunk of (await agent.observe("r")).fullStream) again.push(chunk);
  expect(again).toEqual(chunks);
});
