import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { Message, Run, Store } from "@perdure/checkpoint-core";
import {
  createAgentLoop,
  delegate,
  type DurableAgent,
  type LoopOutput,
  type ModelFunction,
  type ModelResponse,
} from "../src/index.ts";
import { answeredIds, askedIds, checkTimes, type Log, shape } from "./aftermath.ts";
import type { Scene, Work } from "./crash.ts";

/** The support agent looks an order up and has a clerk refund it at the same time; the clerk needs a person, who is asked by the run of the support agent. */
export const belowScene: Scene = {
  agent(name, log, work) {
    const order = lookup(log, work);
    const clerk = clerkOf(name, log, work);
    return createAgentLoop({
      name: "support",
      model: scripted(work, `s${name}`, ({ turn, runId, messages }, say) => {
        if (runId !== "r") return say(4, log, { text: `told after ${messages.length} messages` });
        return turn === 1
          ? say(1, log, { text: "turn 1", calls: [["order"], ["clerk", "Refund order 7."]] })
          : say(2, log, { text: `told after ${messages.length} messages` });
      }),
      tools: { order, clerk: delegate(clerk, { description: "Refunds." }) },
    });
  },
  async check(server, store, log, mishap) {
    deepStrictEqual(await told(store, "t"), [
      "user: Refund order 7, please.",
      "assistant: turn 1 calls order calls clerk",
      'tool order: {"found":"order"}',
      'tool clerk: "refunded"',
      "assistant: told after 4 messages",
      "user: Thank you.",
      "assistant: told after 6 messages",
    ]);
    const child = await childOf(store);
    deepStrictEqual(await told(store, child.threadId), [
      "user: Refund order 7.",
      "assistant: turn 1 calls refund",
      'tool refund: {"refunded":4200}',
      "assistant: refunded",
    ]);
    strictEqual(child.status, "completed");
    strictEqual(await store.runs.holding("t"), undefined, "the thread is free");
    strictEqual(await store.runs.holding(child.threadId), undefined, "the clerk's thread is free");
    deepStrictEqual((await store.approvals.pending()).approvals, []);
    strictEqual((await store.runs.get("next"))?.status, "completed", "the next run was woken");
    const ended = new Set(server.runs().map(({ status }) => status));
    deepStrictEqual(ended, new Set(["Completed"]), "no execution failed");
    checkStats(await store.runs.get("r"));
    strictEqual(log.refunds.size, 1, "one refund");
    strictEqual(new Set(log.lookups).size, 1, "one lookup");
    checkTimes(log, mishap, 7);
  },
};

function checkStats(run: Run | undefined): void {
  if (run?.outcome?.status !== "completed") throw new Error("The run has no output.");
  const { stats } = run.outcome.output as LoopOutput;
  const { totalToolCalls, totalTokens, agentsInvolved, finalAgent } = stats;
  deepStrictEqual(
    { totalToolCalls, totalTokens, agentsInvolved, finalAgent },
    {
      totalToolCalls: 3,
      totalTokens: 44,
      agentsInvolved: ["clerk", "support"],
      finalAgent: "support",
    },
  );
}

/** The one run that works for another. */
async function childOf(store: Store): Promise<Run> {
  const { runs } = await store.runs.list();
  const children = runs.filter(({ id }) => id.startsWith("sub-"));
  strictEqual(children.length, 1, "one run of the clerk");
  const [child] = children;
  if (!child) throw new Error("The clerk has no run.");
  return child;
}

/** A thread's messages, each call with its result. */
async function told(store: Store, threadId: string): Promise<readonly string[]> {
  const messages = (await store.history.read<Message>(threadId)).map(({ value }) => value);
  deepStrictEqual(askedIds(messages), answeredIds(messages), "each call has its result");
  return messages.map(shape);
}

function clerkOf(name: string, log: Log, work: Work): DurableAgent {
  return createAgentLoop({
    name: "clerk",
    model: scripted(work, `c${name}`, ({ turn }, say) =>
      turn === 1
        ? say(11, log, { text: "turn 1", calls: [["refund"]] })
        : say(12, log, { text: "refunded", isPlain: true }),
    ),
    tools: {
      refund: {
        description: "Refunds an order.",
        parameters: { type: "object" },
        requiresApproval: true,
        async execute(_input, { idempotencyKey }) {
          await work(() => {
            log.refundAttempts.push(idempotencyKey);
            log.refunds.add(idempotencyKey);
          });
          return { refunded: 4200 };
        },
      },
    },
  });
}

/** What is said: `isPlain` without the mark of who said it. */
interface Said {
  readonly text: string;
  readonly calls?: readonly (readonly [tool: string, prompt?: string])[];
  readonly isPlain?: boolean;
}

type Say = (place: number, log: Log, said: Said) => Promise<ModelResponse>;

/** A model that never says the same thing twice, but for what is plain. */
function scripted(
  work: Work,
  name: string,
  script: (request: Parameters<ModelFunction>[0], say: Say) => Promise<ModelResponse>,
): ModelFunction {
  let times = 0;
  return async (request) => {
    times += 1;
    const mark = `${name}${times}`;
    return script(request, async (place, log, { text, calls = [], isPlain = false }) => {
      await work(() => log.asked.push(place));
      return {
        text: isPlain ? text : `${text} by ${mark}`,
        toolCalls: calls.map(([tool, prompt]) => ({
          id: `${tool}-${mark}`,
          name: tool,
          input: prompt === undefined ? { order: 7 } : { prompt },
        })),
        usage: { input_tokens: 10, output_tokens: 1 },
        model: "m",
      };
    });
  };
}

function lookup(log: Log, work: Work) {
  return {
    description: "Looks the order up.",
    parameters: { type: "object" },
    async execute(_input: unknown, { idempotencyKey }: { readonly idempotencyKey: string }) {
      await work(() => log.lookups.push(idempotencyKey));
      return { found: "order" };
    },
  };
}
