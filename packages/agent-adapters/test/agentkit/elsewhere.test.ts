import { expect, test } from "vitest";
import { processes } from "../elsewhere.ts";

const module = new URL("fixtures/agent.ts", import.meta.url);

// AgentKit loads Inngest's SDK itself: what is missing here is a function, and a server.
test("a run that one process began without an Inngest function is finished by another", async () => {
  const process = await processes(module, { hasPackage: true });
  const begun = await process("begin");
  expect(begun).toMatchObject({
    report: {
      status: "suspended",
      approvals: [{ callId: "c1", tool: "refund", input: { order: "7" }, status: "pending" }],
    },
    seen: { asked: 1, paid: [] },
  });
  expect(await process("approve")).toMatchObject({
    report: {
      status: "completed",
      output: {
        response: "Paid.",
        iterations: 2,
        stats: { totalToolCalls: 1, inputTokens: 200 },
      },
    },
    seen: { asked: 1, paid: [{ order: "7" }] },
  });
});
