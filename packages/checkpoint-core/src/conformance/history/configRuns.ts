import assert from "node:assert/strict";
import type { AgentResultLike, StepLike } from "../../agentkit/contract.ts";
import {
  type ConfigHooks,
  configCase,
  type NetworkState,
  says,
  texts,
  THEN,
  type UserMessage,
} from "./config.ts";

/** What a network's run brings to its hooks. */
interface Run {
  readonly message: UserMessage;
  readonly results?: readonly AgentResultLike[];
  /** What agents do to `state.data`. */
  readonly change?: (data: Record<string, unknown>) => void;
  readonly data?: Record<string, unknown>;
  readonly step?: StepLike;
}

/** What runs leave for those that come after them. */
export const configRuns: readonly ReturnType<typeof configCase>[] = [
  configCase(
    "data",
    "state.data goes on in the thread's next run, in every process, and in no other thread",
    async ({ both, result }) => {
      const [one, two] = await both();
      const results = [result("writer", "r1", "draft")];
      const since = new Date(THEN);
      await runOn(one, "t", {
        message: says("m1", "hello"),
        results,
        data: { since },
        change: (data) => Object.assign(data, { plan: ["a"] }),
      });
      const next = await runOn(two, "t", { message: says("m2", "next") });
      assert.deepEqual({ ...(next.state.data as object) }, { since, plan: ["a"] });
      const other = await runOn(two, "u", { message: says("m3", "hello") });
      assert.deepEqual({ ...(other.state.data as object) }, {});
    },
  ),
  configCase(
    "data-in-replays",
    "a run that is replayed begins with the data that it began with, whatever it has saved since",
    async ({ subject, result }) => {
      const { history } = subject;
      const first = { message: says("m1", "hello"), results: [result("writer", "r1", "draft")] };
      await runOn(history, "t", { ...first, change: count });
      const kept = new Map<string, unknown>();
      const step: StepLike = {
        async run(id, work) {
          if (!kept.has(id)) kept.set(id, structuredClone(await work()));
          return structuredClone(kept.get(id));
        },
      };
      for (let request = 0; request < 3; request += 1) {
        const results = [result("writer", "r2", "more")];
        const run = { message: says("m2", "next"), results, change: count, step };
        const { state } = await runOn(history, "t", run);
        assert.deepEqual({ ...(state.data as object) }, { count: 2 }, `request ${request}`);
      }
    },
  ),
  configCase(
    "tool-inputs",
    "what is read has the input of each tool call, which AgentKit leaves out of the tool's result and providers ask for",
    async ({ subject, AgentResult }) => {
      const bare = { type: "tool", id: "c1", name: "lookup" };
      const asked = { ...bare, input: { order: 7 } };
      const call = { type: "tool_call", role: "assistant", stop_reason: "tool" };
      const gave = { type: "tool_result", role: "tool_result", content: { data: 1 } };
      const silent = { ...bare, id: "c2" };
      const result = new AgentResult(
        "writer",
        [{ ...call, tools: [asked, silent] }] as never,
        [{ ...gave, tool: bare }] as never,
        new Date(THEN),
        undefined,
        undefined,
        undefined,
        "r1",
      );
      await runOn(subject.history, "t", { message: says("m1", "hello"), results: [result] });
      const { read } = await runOn(subject.history, "t", { message: says("m2", "next") });
      const silentCall = { ...silent, input: {} };
      assert.deepEqual(read[1]?.output, [{ ...call, tools: [asked, silentCall] }]);
      assert.deepEqual(read[1]?.toolCalls, [{ ...gave, tool: asked }]);
    },
  ),
  configCase(
    "nameless-results",
    "results without ids are all kept, those of each run in its order",
    async ({ subject, AgentResult, result }) => {
      const nameless = (text: string): AgentResultLike => {
        const { agentName, output, toolCalls } = result("writer", "x", text);
        return new AgentResult(agentName, output as never, toolCalls as never, new Date(THEN));
      };
      for (const id of ["m1", "m2"])
        await runOn(subject.history, "t", {
          message: says(id, "hello"),
          results: [nameless("a"), nameless("a")],
        });
      const { read } = await runOn(subject.history, "t", { message: says("m3", "next") });
      const told = ["user: hello", "writer: a", "writer: a"];
      assert.deepEqual(texts(read), [...told, ...told]);
    },
  ),
];

/** An agent that counts in the data. */
function count(data: Record<string, unknown>): void {
  data["count"] = Number(data["count"] ?? 0) + 1;
}

async function runOn(
  hooks: ConfigHooks,
  threadId: string,
  { message, results = [], change, data = {}, step }: Run,
): Promise<{ readonly state: NetworkState; readonly read: readonly AgentResultLike[] }> {
  const state: NetworkState = { data: { ...data }, threadId };
  const context = {
    state,
    network: {},
    input: message.content,
    threadId,
    ...(step ? { step } : {}),
  };
  await hooks.createThread?.(context as never);
  await hooks.appendUserMessage?.({ ...context, userMessage: message } as never);
  const read = (await hooks.get?.(context as never)) as readonly AgentResultLike[];
  change?.(state.data as Record<string, unknown>);
  await hooks.appendResults?.({ ...context, newResults: results } as never);
  return { state, read };
}
