import type { Run } from "@perdure/checkpoint-core";
import { test } from "vitest";
import type { AgentTool, ModelResponse } from "../../src/index.ts";
import type { TestInngestOptions } from "../../src/testing/index.ts";
import {
  calls,
  createWorld,
  recorder,
  turns,
  type World,
  type WorldOptions,
} from "../bridge/world.ts";

/** A hundred tokens in and ten out, of a model that has a price. */
export const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };

/** A cent for ten tokens. */
export const price = (_model: string, { totalTokens }: { readonly totalTokens: number }): number =>
  totalTokens / 1000;

/** An answer that asks for work, and is counted. */
export function asking(id: string, tool = "work"): ModelResponse {
  return { ...calls([id, tool, {}]), text: `turn ${id}`, usage, model: "m" };
}

/** The last answer, counted. */
export const done: ModelResponse = { text: "done", usage, model: "m" };

/** A world whose model asks for work twice and then is done: 330 tokens. */
export interface Working extends World {
  readonly work: ReturnType<typeof recorder>;
  run(runId?: string): Promise<Run>;
}

export async function working(
  options: WorldOptions & {
    readonly more?: Readonly<Record<string, AgentTool>>;
    readonly server?: TestInngestOptions;
  } = {},
): Promise<Working> {
  const work = recorder(() => "ok");
  const { more = {}, ...rest } = options;
  const world = await createWorld({
    model: turns(asking("a"), asking("b"), done),
    ...rest,
    loop: { price, ...rest.loop },
    tools: { work, ...more },
  });
  return {
    ...world,
    work,
    async run(runId = "r") {
      const run = await world.store.runs.get(runId);
      if (!run) throw new Error(`There is no run ${runId}.`);
      return run;
    },
  };
}

/** On memory and SQLite, in both ways of the SDK. */
export function testOnBoth(
  promise: string,
  run: (where: {
    readonly engine: "memory" | "sqlite";
    readonly checkpointing: boolean;
  }) => Promise<void>,
  timeout = 30_000,
): void {
  for (const engine of ["memory", "sqlite"] as const)
    for (const checkpointing of [true, false])
      test(`${promise} (${engine}, checkpointing ${checkpointing})`, { timeout }, () =>
        run({ engine, checkpointing }),
      );
}
