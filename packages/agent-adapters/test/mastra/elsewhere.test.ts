import { expect, test } from "vitest";
import { processes } from "../elsewhere.ts";

test("a run that one process began without Inngest is finished by another", async () => {
  const process = await processes(new URL("fixtures/agent.ts", import.meta.url));
  const begun = await process("begin");
  expect(begun.report).toMatchObject({
    status: "suspended",
    approvals: [{ callId: "c1", tool: "refund", input: { order: "7" }, status: "pending" }],
  });
  expect(begun.seen).toEqual({ asked: 1, paid: [] });
  const done = await process("approve");
  expect(done.report).toMatchObject({
    status: "completed",
    output: { response: "Paid.", iterations: 2, stats: { totalToolCalls: 1, inputTokens: 200 } },
  });
  expect(done.seen).toEqual({ asked: 1, paid: [{ order: "7" }] });
});
