import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MastraDBMessage } from "@mastra/core/memory";
import type { WorkflowRunState } from "@mastra/core/workflows";
import type { Store } from "@perdure/checkpoint-core";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { onTestFinished } from "vitest";
import { mastraStorage } from "../../src/mastra/index.ts";

/** Messages that two processes change at once, each so often. */
export const RACED = [
  { id: "few", changes: 10 },
  { id: "many", changes: 100 },
] as const;

/** Two handles on one database: what two processes have. */
export function two(): readonly [Store, Store] {
  const folder = mkdtempSync(join(tmpdir(), "perdure-mastra-"));
  const path = join(folder, "store.db");
  const open = (): Store => sqliteStore({ path, durability: "normal" });
  const stores = [open(), open()] as const;
  onTestFinished(async () => {
    for (const store of stores) await store[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  return stores;
}

export async function domains(store: Store) {
  const storage = mastraStorage(store);
  const [workflows, memory, threadState] = await Promise.all([
    storage.getStore("workflows"),
    storage.getStore("memory"),
    storage.getStore("threadState"),
  ]);
  if (!workflows || !memory || !threadState) throw new Error("A domain is missing.");
  return { workflows, memory, threadState };
}

export function snapshot(runId: string, status: WorkflowRunState["status"]): WorkflowRunState {
  return {
    runId,
    status,
    value: {},
    context: {},
    serializedStepGraph: [],
    activePaths: [],
    activeStepsPath: {},
    suspendedPaths: {},
    resumeLabels: {},
    waitingPaths: {},
    timestamp: 1,
  };
}

/** The outcomes of promises in a word: what was answered, or the code of what was thrown. */
export async function outcomes(all: readonly Promise<unknown>[]): Promise<readonly unknown[]> {
  const settled = await Promise.allSettled(all);
  return settled.map((one) =>
    one.status === "fulfilled"
      ? "done"
      : ((one.reason as { code?: unknown; id?: unknown }).code ??
        (one.reason as { id?: unknown }).id),
  );
}

export function ids({
  messages,
}: {
  readonly messages: readonly MastraDBMessage[];
}): readonly string[] {
  return messages.map(({ id }) => id);
}
