import { expect, test } from "vitest";
import { answers, begun, call, desk, told, asks } from "./desk.ts";

test.each(["constructor", "toString", "__proto__", "hasOwnProperty"])(
  "a call may be named %s: its turn closes like any other",
  async (id) => {
    const store = desk();
    const lease = await begun(store);
    await store.commit("t", answers(1, "", [call(id)]), { operationId: "m1", lease });
    await store.commit("t", answers(2, "next"), { operationId: "m2", lease });
    expect((await told(store, "t"))[2]).toEqual({
      role: "tool",
      toolCallId: id,
      toolName: "refund",
      content: "This call was not finished.",
      isError: true,
    });
  },
);

test("runs whose ids look like another's turns and calls keep their own entries", async () => {
  const store = desk();
  const complete = async (runId: string, execution: string, calls: boolean): Promise<void> => {
    const lease = await begun(store, runId, execution);
    await store.commit("t", answers(1, `${runId} 1`, calls ? [call("2"), call("a/b")] : []), {
      operationId: `${execution}:1`,
      lease,
    });
    await store.commit("t", answers(2, `${runId} 2`), { operationId: `${execution}:2`, lease });
    await store.runs.settle(
      lease,
      { status: "completed", output: 1 },
      { operationId: `${execution}:s` },
    );
  };
  const ids = ["a", "a/1", "a/1/2", "a/1/a", "a:1"];
  for (const [index, runId] of ids.entries()) await complete(runId, `E${index}`, index < 2);
  const entries = await store.history.read("t");
  expect(entries).toHaveLength(ids.length * 3 + 4);
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
});

test("a message that starts a run has an id that only its caller gives", async () => {
  const { runs } = desk();
  const message = { id: "~run/r/1", value: "hello" };
  const code = "INVALID_ARGUMENT";
  await expect(runs.begin("t", asks("r", "E1", { message }))).rejects.toMatchObject({ code });
  await expect(runs.start("t", { runId: "r", message })).rejects.toMatchObject({ code });
});
