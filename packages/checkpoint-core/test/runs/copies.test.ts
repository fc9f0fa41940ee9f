import { describe, expect, test } from "vitest";
import type { BeginOptions } from "../../src/index.ts";
import { asks, call, desk, gives, leaseOf, says, told } from "./desk.ts";

describe("what the caller does with its objects after the call", () => {
  test("changes neither what is stored nor what comes back", async () => {
    const store = desk();
    const input = { n: 1 };
    const message = { id: "m", value: { text: "first" } };
    const options: BeginOptions = asks("r", "E1", { input, message });
    const beginning = store.runs.begin("t", options);
    input.n = 2;
    message.value.text = "changed";
    expect(await beginning).toMatchObject({ status: "leased", run: { input: { n: 1 } } });
    expect(await told(store, "t")).toEqual([{ text: "first" }]);
    const lease = leaseOf(await store.runs.begin("t", asks("r", "E1")));

    const answer = {
      message: { role: "assistant" as const, content: "first", toolCalls: [call("c1")] },
    };
    const state = { step: 1 };
    const said = { text: "own" };
    const held = { ...lease };
    const committing = store.commit(
      "t",
      {
        answer: { turn: 1, value: answer },
        checkpoint: { state },
        history: [{ id: "h", value: said }],
      },
      { operationId: "m1", lease: held },
    );
    answer.message.content = "changed";
    state.step = 99;
    said.text = "changed";
    Object.assign(held, { runId: "other", fence: 1 });
    const made = await committing;
    const first = { message: { role: "assistant", content: "first", toolCalls: [call("c1")] } };
    expect(made).toMatchObject({ status: "committed", answer: first });
    expect(made.status === "committed" && made.answer).not.toBe(answer);
    expect(await store.runs.look(lease, { turn: 1 })).toEqual({ held: true, answer: first });
    expect(await store.checkpoints.get("t")).toEqual({ step: 1 });
    expect((await told(store, "t")).at(-1)).toEqual({ text: "own" });

    const request = { callId: "c1", tool: "refund", input: { order: 7 } };
    const requesting = store.approvals.request(lease, 1, [request], { operationId: "q1" });
    request.input.order = 8;
    expect(await requesting).toMatchObject([{ input: { order: 7 } }]);
    const decision = { kind: "answer" as const, value: { words: "yes" } };
    const deciding = store.approvals.decide("t", { callId: "c1" }, decision);
    decision.value.words = "no";
    expect((await deciding).approval.decision).toEqual({ kind: "answer", value: { words: "yes" } });

    const result = gives(1, "c1", { text: "first" });
    const giving = store.commit("t", result, { operationId: "c1", lease });
    Object.assign(result.result?.value.content as object, { text: "changed" });
    expect(await giving).toMatchObject({ result: { content: { text: "first" } } });
    const output = { done: true };
    const settling = store.runs.settle(
      lease,
      { status: "completed", output },
      { operationId: "s" },
    );
    output.done = false;
    expect((await settling).run.outcome).toEqual({ status: "completed", output: { done: true } });

    const startInput = { n: 1 };
    const starting = store.runs.start("t2", { runId: "s", input: startInput, message: says("s") });
    startInput.n = 2;
    await starting;
    expect(await store.runs.get("s")).toMatchObject({ input: { n: 1 } });
  });
});
