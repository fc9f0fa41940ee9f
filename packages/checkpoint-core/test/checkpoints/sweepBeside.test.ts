import { expect, test } from "vitest";
import { partitionName } from "../../src/backend/keys.ts";
import { memoryBackend } from "../../src/backend/memory.ts";
import { createStore } from "../../src/store/store.ts";
import { wrapBackend } from "../wrap.ts";
import { testClock } from "./processes.ts";

const HOUR = 60 * 60 * 1000;

test.each([undefined, 0, 1, 2, 3])(
  "what is kept beside checkpoints that the policy hid goes with them once a deletion has made them needless: cut short after write %s",
  async (cut) => {
    const inner = memoryBackend();
    const clock = testClock();
    const open = (backend = inner): ReturnType<typeof createStore> =>
      createStore({ backend, now: () => clock.now, keepLast: 2 });
    const { checkpoints } = open();
    const ids = [await checkpoints.put("t", { text: "x".repeat(5000) })];
    for (let n = 0; n < 4; n += 1) {
      const changes = [{ path: [`k${n}`], set: n }];
      ids.push(await checkpoints.append("t", { parentId: ids.at(-1) ?? "", changes }));
    }
    const late = createStore({ backend: inner, now: () => clock.now }).checkpoints;
    for (const id of ids.slice(-2)) await late.attach("t", id, "k", id);
    const changes = [{ path: ["last"], set: 0 }];
    await checkpoints.append("t", { parentId: ids.at(-1) ?? "", changes });
    await checkpoints.delete("t", ids[4]);
    let writes = 0;
    const stopping = wrapBackend(inner, {
      write(partition, batch) {
        if (writes === cut) throw new Error("It has crashed.");
        writes += 1;
        return inner.write(partition, batch);
      },
    });
    clock.now += HOUR;
    if (cut !== undefined) await open(stopping).maintain({ ms: 10_000 });
    for (let hours = 0; hours < 3; hours += 1) {
      clock.now += HOUR;
      await open().maintain({ ms: 10_000 });
    }
    const range = { from: "c", to: "cb", limit: 100 };
    const { records } = await inner.scan(partitionName("t", [undefined, "t"]), range, clock.now);
    expect(records.map(({ key }) => key)).toEqual(["c/0000000000000006"]);
    expect(await open().checkpoints.get("t")).toMatchObject({ k3: 3, last: 0 });
  },
);
