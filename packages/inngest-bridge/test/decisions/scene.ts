import type { Approval, Commit } from "@perdure/checkpoint-core";
import type { RunView } from "../../src/testing/index.ts";
import type { StoreName } from "../bridge/everywhere.ts";
import {
  calls,
  createWorld,
  recorder,
  type Script,
  type World,
  type WorldOptions,
} from "../bridge/world.ts";

/** Where a row is run. */
export interface Place {
  readonly engine: Extract<StoreName, "memory" | "sqlite">;
  readonly checkpointing: boolean;
}

/** Something that happens, and what is seen then. It stands in the page in the words that the test compares. */
export interface Case {
  readonly does: string;
  readonly sees: readonly string[];
  readonly run: (place: Place) => Promise<readonly string[]>;
}

/** A row of the decision table. */
export interface Row {
  readonly when: string;
  readonly outcome: string;
  readonly cases: readonly Case[];
  /** Other tests of it, by file and a part of a test's name. */
  readonly beside?: readonly (readonly [file: string, test: string])[];
}

/** An agent that may refund when a person agrees. */
export interface Scene extends World {
  readonly refund: ReturnType<typeof recorder>;
  /** What the executions from this one on have answered, each in a few words. */
  answers(from?: number): readonly string[];
  /** How the tool and a run stand. */
  end(runId?: string): Promise<readonly string[]>;
  status(runId?: string): Promise<string>;
  approvals(): Promise<readonly Approval[]>;
  /** Events that wake runs, so far. */
  wakes(): number;
  settle(): Promise<void>;
}

/** One refund, or as many as there are ids, and an answer. */
export function refunds(...ids: readonly string[]): Script {
  return ({ turn }) =>
    turn === 1
      ? calls(...ids.map((id, n): [string, string, unknown] => [id, "refund", { order: n + 1 }]))
      : { text: "done" };
}

export interface SceneOptions extends WorldOptions {
  /** What a refund does beside being counted. */
  readonly during?: (world: Scene) => unknown;
  /** Before each commit. */
  readonly ahead?: (changes: Commit, world: Scene) => Promise<void>;
}

/** The agent, at work on nothing yet. */
export async function scene(
  place: Place,
  { during, ahead, ...options }: SceneOptions = {},
): Promise<Scene> {
  const refund = recorder(async () => (await during?.(made)) ?? "refunded", {
    requiresApproval: true,
  });
  const world = await createWorld({
    ...place,
    model: refunds("r"),
    ...options,
    tools: { refund, ...options.tools },
  });
  const made: Scene = {
    ...world,
    refund,
    answers: (from = 0) => world.executions().slice(from).map(answerOf),
    async status(runId = "run-e1") {
      return (await world.agent.status({ runId }))?.run.status ?? "unknown";
    },
    async end(runId = "run-e1") {
      const count = refund.seen.length;
      const times = count === 1 ? "once" : count === 0 ? "never" : `${count} times`;
      return [`the refund is done ${times}`, `the run is ${await made.status(runId)}`];
    },
    async approvals() {
      const { run } = (await world.agent.status({ runId: "run-e1" })) ?? {};
      const ids = run?.approvals ?? [];
      const found = await Promise.all(ids.map((id) => world.store.approvals.get("t", id)));
      return found.filter((one) => one !== undefined);
    },
    wakes: () =>
      world.server.events().filter(({ name }) => name === "ziro/agent.resume.requested").length,
    async settle() {
      await world.server.settle({ advance: true });
    },
  };
  if (ahead) {
    const commit = world.store.commit.bind(world.store);
    Object.assign(world.store, {
      async commit(...given: Parameters<typeof commit>) {
        await ahead(given[1], made);
        return commit(...given);
      },
    });
  }
  return made;
}

/** The agent with a run that waits for a person. */
export async function suspended(place: Place, options: SceneOptions = {}): Promise<Scene> {
  const world = await scene(place, options);
  await world.send({ threadId: "t", prompt: "refund" }, "e1");
  if ((await world.status()) !== "suspended") throw new Error(`It is ${await world.status()}.`);
  return world;
}

function answerOf({ output, error, status }: RunView): string {
  if (status === "Failed") return `fails: ${error?.name ?? ""}`;
  const {
    status: said,
    reason,
    run,
  } = output as {
    readonly status: string;
    readonly reason?: string;
    readonly run?: { readonly status: string };
  };
  const more = [reason, run?.status].filter((part) => part !== undefined);
  return more.length === 0 ? said : `${said}: ${more.join(", ")}`;
}

/** The code of what a call is refused with; `nothing` where it is not. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "nothing",
    (error: unknown) => (error as { readonly code?: string }).code ?? String(error),
  );
}
