import { expect, test } from "vitest";
import { memoryBackend } from "../../src/index.ts";
import { answers, asks, call, desk, gives, leaseOf, madeBy, says, told } from "./desk.ts";

test("carries a run over a suspension to its outcome, once", async () => {
  const backend = memoryBackend();
  const one = desk(backend);
  const begun = await one.runs.begin("t", asks("r", "E1", { message: says("r"), input: 1 }));
  const lease = leaseOf(begun);
  await one.commit("t", answers(1, "", [call("c1")]), { operationId: "E1:m1", lease });
  const suspended = madeBy(
    await one.commit(
      "t",
      {
        checkpoint: { state: { step: 1 } },
        settle: {
          status: "suspended",
          turn: 1,
          approvals: [{ callId: "c1", tool: "refund", input: { order: 7 } }],
        },
      },
      { operationId: "E1:s", lease },
    ),
  );
  expect(suspended.run).toMatchObject({
    status: "suspended",
    checkpointId: suspended.checkpointId,
  });
  const [pending] = await one.approvals.pending("t");
  expect(pending).toEqual(suspended.approvals?.[0]);

  const two = desk(backend, { at: 1_700_003_600_000 });
  const waits = await two.runs.claim("t", asks("r", "E2", { life: lease.life }));
  expect(waits).toMatchObject({ status: "waiting", pending: [pending] });
  const decided = await two.approvals.decide(
    "t",
    { approvalId: pending?.id ?? "" },
    { kind: "approve" },
  );
  expect(decided).toMatchObject({ counted: true, wake: { runId: "r", life: lease.life } });
  const claimed = await two.runs.claim("t", asks("r", "E3", { life: lease.life }));
  expect(claimed).toMatchObject({
    status: "leased",
    state: { step: 1 },
    decisions: [decided.approval],
  });
  const held = leaseOf(claimed);
  await two.commit("t", gives(1, "c1", "refunded"), { operationId: "E3:c1", lease: held });
  const done = madeBy(
    await two.commit(
      "t",
      { ...answers(2, "Done."), settle: { status: "completed", output: "Done." } },
      { operationId: "E3:m2", lease: held },
    ),
  );
  expect(done.run).toMatchObject({ status: "completed", outcome: { output: "Done." } });
  expect(await told(two, "t")).toEqual([
    says("r").value,
    { role: "assistant", content: "", toolCalls: [call("c1")] },
    { role: "tool", toolCallId: "c1", toolName: "refund", content: "refunded" },
    { role: "assistant", content: "Done." },
  ]);
  const again = await one.runs.claim("t", asks("r", "E4", { life: lease.life }));
  expect(again).toMatchObject({ status: "ended", reason: "final", run: done.run });
});
