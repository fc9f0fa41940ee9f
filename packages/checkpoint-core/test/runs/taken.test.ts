import { expect, test } from "vitest";
import { before } from "../../src/conformance/store/bench.ts";
import { type Backend, memoryBackend, type Store } from "../../src/index.ts";
import { leftOf, watched } from "../threads/raw.ts";
import { asks, desk } from "./desk.ts";

/** More calls than a start or a begin makes of the backend. */
const MOST_CALLS = 24;

const ways: readonly (readonly [string, (store: Store, thread: string) => Promise<unknown>])[] = [
  ["start", ({ runs }, thread) => runs.start(thread, { runId: "r" })],
  ["begin", ({ runs }, thread) => runs.begin(thread, asks("r", `E ${thread}`))],
];

function killed(): Promise<never> {
  return Promise.reject(new Error("killed"));
}

/** The thread is deleted before a call of one who is about to record the run on it. */
async function overtaken(
  backend: Backend,
  call: number,
  record: (store: Store, thread: string) => Promise<unknown>,
): Promise<boolean> {
  const ann = { scope: { user: "ann" } };
  await desk(backend, ann).threads.create("victim");
  let reached = false;
  const remove = async (): Promise<void> => {
    reached = true;
    await desk(backend, ann).threads.delete("victim");
  };
  const slow = desk(before(remove, (_verb, index) => index === call)(backend), ann);
  await Promise.allSettled([record(slow, "victim")]);
  return reached;
}

test.each(ways)(
  "a thread that is deleted under a %s leaves neither an entry nor the run's id taken",
  async (_way, record) => {
    for (let call = 0; call < MOST_CALLS; call += 1) {
      const { backend, records } = watched(memoryBackend());
      if (!(await overtaken(backend, call, record))) return;
      if ((await desk(backend).threads.get("victim")) === undefined)
        expect({ call, left: leftOf(await records(), "victim") }).toEqual({ call, left: [] });
      else await desk(backend).threads.delete("victim");
      await record(desk(backend), "another");
      expect((await desk(backend).runs.get("r"))?.threadId).toBe("another");
    }
    throw new Error(`It makes more than ${MOST_CALLS} calls.`);
  },
);

test.each(ways)(
  "an id that a %s took and never recorded, by a process that died with its thread, is free for other threads",
  async (_way, record) => {
    for (let call = 0; call < MOST_CALLS; call += 1) {
      const backend = memoryBackend();
      let reached = false;
      const die = (): Promise<never> => {
        reached = true;
        return killed();
      };
      const dying = desk(before(die, (_verb, index) => index === call)(backend));
      await Promise.allSettled([record(dying, "victim")]);
      if (!reached) return;
      await desk(backend).threads.delete("victim");
      await record(desk(backend), "another");
      expect((await desk(backend).runs.list()).runs.map(({ threadId }) => threadId)).toEqual([
        "another",
      ]);
      await expect(desk(backend).runs.start("third", { runId: "r" })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    }
    throw new Error(`It makes more than ${MOST_CALLS} calls.`);
  },
);

test("an id is one thread's, also when its thread begins again while another takes it", async () => {
  let races = 0;
  for (let call = 0; call < MOST_CALLS; call += 1)
    for (let at = 0; at < MOST_CALLS; at += 1) {
      const backend = memoryBackend();
      const dying = desk(before(killed, (_verb, index) => index === call)(backend));
      await Promise.allSettled([dying.runs.start("victim", { runId: "r" })]);
      await desk(backend).threads.delete("victim");
      const again = async (): Promise<void> => {
        await desk(backend).threads.create("victim");
        await Promise.allSettled([desk(backend).runs.start("victim", { runId: "r" })]);
        races += 1;
      };
      const taker = desk(before(again, (_verb, index) => index === at)(backend));
      await Promise.allSettled([taker.runs.start("another", { runId: "r" })]);
      const { runs } = await desk(backend).runs.list();
      expect(runs.length, `call ${call}, ${at}`).toBe(1);
      expect((await desk(backend).runs.get("r"))?.threadId).toBe(runs[0]?.threadId);
      const both = await Promise.all(
        ["victim", "another"].map((thread) => desk(backend).runs.holding(thread)),
      );
      expect(both.filter((run) => run !== undefined).length).toBe(1);
    }
  expect(races).toBeGreaterThan(MOST_CALLS);
});
