import { describe, expect, test } from "vitest";
import { copyStore, memoryBackend, ordinalKey, partitionName } from "../../src/index.ts";
import { wrapBackend } from "../wrap.ts";
import { NOW, sides, storeOver } from "./sides.ts";

describe("copyStore", () => {
  test("overwrites nothing that the target has of its own", async () => {
    const { from, to } = await sides();
    const mine = to.for({ user: "ann" });
    await mine.history.append(":ann chat", [{ id: "1", value: "mine" }]);
    await expect(copyStore(from, to)).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await mine.history.read(":ann chat")).map(({ value }) => value)).toEqual(["mine"]);
  });

  test("overwrites nothing that was written in the target since", async () => {
    const { from, to } = await sides();
    await copyStore(from, to);
    const there = to.for({ user: "ann" });
    await there.history.append(":ann chat", [{ id: "new", value: "new" }]);
    await expect(copyStore(from, to)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await there.history.count(":ann chat")).toBe(3);
  });

  test("tells when the target does not hold what was written to it", async () => {
    const { from } = await sides();
    const target = memoryBackend();
    const forgetful = wrapBackend(target, {
      async write(partition, { writes, ...batch }) {
        const kept = writes.filter((write) => !("key" in write && write.key.startsWith("e/")));
        return target.write(partition, { ...batch, writes: kept });
      },
    });
    await expect(copyStore(from, storeOver(forgetful))).rejects.toMatchObject({ code: "CORRUPT" });
  });

  test("leaves out what is damaged, says what, and copies everything else", async () => {
    const backend = memoryBackend();
    const from = storeOver(backend);
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1)
      ids.push(await from.checkpoints.put("t", { n: `${n}`.repeat(9) }));
    await from.history.append("t", [{ id: "a", value: "a" }]);
    const name = partitionName("t", [undefined, "t"]);
    const key = `c/${ordinalKey(3)}`;
    const [record] = await backend.read(name, [key], NOW);
    const value = record?.value.fill(33, 30, 34) ?? new Uint8Array();
    await backend.write(name, { writes: [{ op: "put", key, value, expect: "any" }], now: NOW });
    const to = storeOver(memoryBackend());
    const report = await copyStore(from, to);
    expect(report).toMatchObject({
      threads: 1,
      damaged: [{ threadId: "t", partition: name, key }],
    });
    expect((await copyStore(from, to)).damaged).toEqual(report.damaged);
    expect(await to.checkpoints.get("t", ids[1])).toEqual({ n: "111111111" });
    expect(await to.history.count("t")).toBe(1);
    await expect(to.checkpoints.get("t")).rejects.toMatchObject({ code: "CORRUPT" });
  });

  test("refuses stores that it cannot copy", async () => {
    const { from, to } = await sides();
    const refused = { code: "INVALID_ARGUMENT" };
    await expect(copyStore(from.for({ user: "ann" }), to)).rejects.toMatchObject(refused);
    await expect(copyStore(from, to.for({ tenant: "acme" }))).rejects.toMatchObject(refused);
    await expect(copyStore(from, from)).rejects.toMatchObject(refused);
    await expect(copyStore({ ...from }, to)).rejects.toMatchObject(refused);
  });
});
