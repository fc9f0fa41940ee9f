import { expect, test } from "vitest";
import { createStore, memoryBackend, type Store } from "../../src/index.ts";

const DAY = 24 * 60 * 60 * 1000;
const BEGIN = 1_700_000_000_000;

function bench() {
  const backend = memoryBackend();
  return { at: (days: number): Store => createStore({ backend, now: () => BEGIN + days * DAY }) };
}

async function lease({ runs }: Store, runId: string) {
  const begun = await runs.begin("t", {
    runId,
    execution: runId,
    operationId: `${runId} begins`,
    event: runId,
    input: null,
    ms: 1000,
    whenBusy: "cancel",
  });
  if (begun.status !== "leased") throw new Error(begun.status);
  return begun.lease;
}

const answer = (content: string) => ({
  turn: 1,
  value: { message: { role: "assistant", content } as const },
});

test("answers of a run go once it has been final for as long as operations are kept, and not before", async () => {
  const { at } = bench();
  const one = await lease(at(0), "one");
  await at(0).commit("t", { answer: answer("1") }, { operationId: "one answers", lease: one });
  const kept = async (days: number) => (await at(days).runs.turn(one, 1)).answer !== undefined;
  await at(0).maintain({ ms: 1000 });
  await at(31).maintain({ ms: 1000 });
  await at(62).maintain({ ms: 1000 });
  expect(await kept(62)).toBe(true);
  await at(63).commit(
    "t",
    { settle: { status: "completed", output: "done" } },
    { operationId: "one ends", lease: one },
  );
  await at(93).maintain({ ms: 1000 });
  expect(await stored(at(93), one)).toBe(true);
  await at(124).maintain({ ms: 1000 });
  expect(await stored(at(124), one)).toBe(false);
  expect((await at(124).runs.get("one"))?.status).toBe("completed");
});

async function stored({ runs }: Store, of: Awaited<ReturnType<typeof lease>>): Promise<boolean> {
  return (await runs.turn(of, 1).catch(() => ({ answer: undefined }))).answer !== undefined;
}

test("a run that waits keeps its answers for as long as it waits", async () => {
  const { at } = bench();
  const one = await lease(at(0), "one");
  await at(0).commit("t", { answer: answer("1") }, { operationId: "one answers", lease: one });
  for (let day = 0; day < 200; day += 31) await at(day).maintain({ ms: 1000 });
  expect(await stored(at(200), one)).toBe(true);
});
