import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { expect, onTestFinished, test } from "vitest";
import { StoreServerCache } from "../../src/mastra/index.ts";
import { domains, RACED, snapshot } from "./handles.ts";

const NAMES = ["a", "b"];

/** Two processes that begin at once; it resolves when both have ended well. */
async function racing(path: string): Promise<void> {
  const racer = fileURLToPath(new URL("racer.ts", import.meta.url));
  const processes = NAMES.map((name) =>
    spawn(process.execPath, [racer, `file:${path}`, name], {
      stdio: ["pipe", "pipe", "inherit"],
    }),
  );
  await Promise.all(processes.map(async ({ stdout }) => once(stdout, "data")));
  const ends = processes.map(async (one) => once(one, "exit"));
  for (const { stdin } of processes) stdin.write("go\n");
  expect((await Promise.all(ends)).map(([code]) => code as unknown)).toEqual([0, 0]);
}

function keys(count: number): readonly string[] {
  return NAMES.flatMap((name) => Array.from({ length: count }, (_, index) => `${name}${index}`));
}

/** What everybody has written is there, and nothing else. */
function expectAll(there: object | undefined, count: number): void {
  expect(Object.keys(there ?? {}).toSorted()).toEqual(keys(count).toSorted());
}

test("of changes of one thing in two processes at once none is lost: 20 and 200 of a message, 20 of all else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "perdure-mastra-"));
  const path = join(folder, "store.db");
  const store = sqliteStore({ path });
  onTestFinished(async () => {
    await store[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  const { memory, threadState, workflows } = await domains(store);
  const now = new Date(0);
  const message = {
    threadId: "t",
    resourceId: "u",
    role: "user",
    createdAt: now,
  } as const;
  const content = { format: 2 as const, parts: [] };
  await memory.saveThread({
    thread: { id: "t", resourceId: "u", createdAt: now, updatedAt: now },
  });
  await memory.saveMessages({ messages: RACED.map(({ id }) => ({ ...message, id, content })) });
  const at = { workflowName: "w", runId: "r" };
  await workflows.persistWorkflowSnapshot({ ...at, snapshot: snapshot("r", "running") });

  await racing(path);

  const { messages } = await memory.listMessages({ threadId: "t" });
  expect(messages).toHaveLength(RACED.length);
  for (const [index, { changes }] of RACED.entries())
    expectAll(messages[index]?.content.metadata, changes);
  expectAll((await memory.getThreadById({ threadId: "t" }))?.metadata, 10);
  expectAll((await memory.getResourceById({ resourceId: "u" }))?.metadata, 10);
  expectAll((await workflows.loadWorkflowSnapshot(at))?.context, 10);
  for (const type of keys(10))
    expect(await threadState.getState({ threadId: "t", type })).toBe(true);
  const cache = new StoreServerCache(store);
  expect(await cache.get("count")).toBe(20);
  const listed = await cache.listFromTo("list", 0);
  expect([listed.length, new Set(listed)]).toEqual([20, new Set(keys(10))]);
});
