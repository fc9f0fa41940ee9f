import { expect, test } from "vitest";
import { processes } from "../elsewhere.ts";

const module = new URL("fixtures/agent.ts", import.meta.url);

test.each([
  ["approve", "Paid.", [{ order: "7" }]],
  ["deny", "Denied.", []],
])(
  "a run that one process began without Inngest is finished by another: %s",
  async (action, response, paid) => {
    const process = await processes(module);
    const begun = await process("begin");
    expect(begun.report).toMatchObject({
      status: "suspended",
      approvals: [{ callId: "c1", tool: "refund", input: { order: "7" }, status: "pending" }],
    });
    expect(begun.seen).toEqual({ asked: 1, paid: [] });
    const done = await process(action);
    expect(done.report).toMatchObject({
      status: "completed",
      output: { response, iterations: 2, stats: { totalToolCalls: 1, inputTokens: 200 } },
    });
    expect(done.seen).toEqual({ asked: 1, paid });
    const again = await process(action);
    expect(again).toMatchObject({ report: { status: "ended" }, seen: { asked: 0, paid: [] } });
  },
);
