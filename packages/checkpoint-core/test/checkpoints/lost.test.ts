import { describe, expect, test } from "vitest";
import { checkpointKey } from "../../src/store/checkpoints/schema.ts";
import { ensureThread } from "../../src/store/life/life.ts";
import { outcome, stagedBackend, startProcess } from "./processes.ts";

const set = (n: number) => [{ path: ["n"], set: n }];

describe("a lost acknowledgement without an operation id", () => {
  test("is looked up by the attempt's id: the write had happened, so nothing is written twice", async () => {
    const backend = stagedBackend();
    const { checkpoints } = startProcess(backend);
    const first = await checkpoints.put("t", { n: 1 });
    backend.loseNextWrite();
    const second = await checkpoints.append("t", { parentId: first, changes: set(2) });
    backend.loseNextWrite();
    const third = await checkpoints.put("t", { n: 3 }, { expectedHead: second });
    const list = await startProcess(backend).checkpoints.list("t");
    expect(list.map(({ id }) => id)).toEqual([third, second, first]);
  });

  test("is looked up: the write had not happened, so it is made again", async () => {
    const backend = stagedBackend();
    const { checkpoints } = startProcess(backend);
    const first = await checkpoints.put("t", { n: 1 });
    backend.failNextWrite();
    const second = await checkpoints.append("t", { parentId: first, changes: set(2) });
    const list = await startProcess(backend).checkpoints.list("t");
    expect(list.map(({ id }) => id)).toEqual([second, first]);
  });

  test("is looked up among all attempts of the call", async () => {
    const backend = stagedBackend();
    const { checkpoints } = startProcess(backend);
    await checkpoints.put("t", 1);
    backend.failNextWrite();
    backend.failNextWrite();
    backend.before("write", async () => {});
    backend.loseNextWrite();
    const second = await checkpoints.put("t", 2);
    expect((await checkpoints.list("t")).map(({ id }) => id)[0]).toBe(second);
    expect(await checkpoints.list("t")).toHaveLength(2);
  });

  test("is a success also when others have put on top of it", async () => {
    const backend = stagedBackend();
    const { checkpoints } = startProcess(backend);
    const other = startProcess(backend).checkpoints;
    const first = await checkpoints.put("t", { n: 1 });
    backend.loseNextWrite();
    backend.before("read", () => other.put("t", { n: 3 }));
    const second = await checkpoints.append("t", { parentId: first, changes: set(2) });
    expect((await other.list("t")).map(({ id }) => id).slice(1)).toEqual([second, first]);
  });

  test("refuses when another's write came first: no attempt can land any more", async () => {
    const backend = stagedBackend();
    const { checkpoints } = startProcess(backend);
    const other = startProcess(backend).checkpoints;
    const first = await checkpoints.put("t", { n: 1 });
    backend.failNextWrite();
    backend.before("read", () => other.put("t", { n: 3 }), "life");
    expect(await outcome(checkpoints.append("t", { parentId: first, changes: set(2) }))).toBe(
      "CONFLICT",
    );
  });

  test("is an unknown outcome when the record may have come and gone", async () => {
    const backend = stagedBackend();
    const { checkpoints, context } = startProcess(backend);
    const other = startProcess(backend).checkpoints;
    const first = await checkpoints.put("t", { n: 1 });
    backend.loseNextWrite();
    backend.before(
      "read",
      async () => {
        // As a sweep leaves it: deleted, hidden and freed.
        await other.delete("t");
        await context
          .thread("t")
          .write([{ op: "delete", key: checkpointKey(2), expect: "any" }], 0);
      },
      "life",
    );
    const call = checkpoints.append("t", { parentId: first, changes: set(2) });
    expect(await outcome(call)).toBe("OUTCOME_UNKNOWN");
  });

  test("is an unknown outcome when the engine stays away", async () => {
    const backend = stagedBackend();
    const { checkpoints } = startProcess(backend);
    await checkpoints.put("t", 1);
    backend.failNextWrite();
    backend.failNextRead();
    expect(await outcome(checkpoints.put("t", 2))).toBe("OUTCOME_UNKNOWN");
    for (let n = 0; n < 6; n += 1) backend.failNextWrite();
    expect(await outcome(checkpoints.put("t", 2))).toBe("OUTCOME_UNKNOWN");
    expect(await checkpoints.get("t")).toBe(1);
  });

  test("does not carry a put into the thread's next life", async () => {
    const backend = stagedBackend();
    const { checkpoints, context } = startProcess(backend);
    const other = startProcess(backend);
    await checkpoints.put("t", 1);
    backend.failNextWrite();
    backend.before(
      "read",
      async () => {
        await context.thread("t").drop(0);
        await ensureThread(other.context, "t", { revive: true });
      },
      "life",
    );
    expect(await outcome(checkpoints.put("t", 2))).toBe("DELETED");
    expect(await other.checkpoints.list("t")).toEqual([]);
  });

  test("keeps a refusal unknown while the lost attempt can still land", async () => {
    const backend = stagedBackend();
    const { checkpoints } = startProcess(backend);
    const other = startProcess(backend).checkpoints;
    const first = await checkpoints.put("t", { n: 1 });
    await checkpoints.put("t", { n: 2 });
    const branch = { parentId: first, changes: set(3), branch: true };
    await checkpoints.get("t", first);
    backend.failNextWrite();
    // The parent lies below the head's segment, so its deletion leaves the head where the attempt expects it.
    backend.before(
      "read",
      async () => backend.before("read", () => other.delete("t", first), "life"),
      "life",
    );
    expect(await outcome(checkpoints.append("t", branch))).toBe("OUTCOME_UNKNOWN");
  });

  test("of deleting all is looked up, and deletes nothing that was put since", async () => {
    const backend = stagedBackend();
    const { checkpoints } = startProcess(backend);
    const other = startProcess(backend).checkpoints;
    await checkpoints.put("t", 1);
    backend.loseNextWrite();
    backend.before("write", async () => {
      backend.before("read", () => other.put("t", 2));
    });
    await checkpoints.delete("t");
    expect(await other.get("t")).toBe(2);
    backend.failNextWrite();
    await checkpoints.delete("t");
    expect(await other.get("t")).toBeNull();
  });
});

test("with an operation id the caller hears of it, and its retry is recognised", async () => {
  const backend = stagedBackend();
  const { checkpoints } = startProcess(backend);
  const first = await checkpoints.put("t", { n: 1 });
  const options = { parentId: first, changes: set(2), operationId: "op" };
  backend.loseNextWrite();
  expect(await outcome(checkpoints.append("t", options))).toBe("UNAVAILABLE");
  await startProcess(backend).checkpoints.put("t", { n: 3 });
  const second = await checkpoints.append("t", options);
  expect((await checkpoints.list("t")).map(({ id }) => id).slice(1)).toEqual([second, first]);
  backend.loseNextWrite();
  expect(await outcome(checkpoints.delete("t", undefined, { operationId: "d" }))).toBe(
    "UNAVAILABLE",
  );
  await checkpoints.put("t", { n: 4 });
  await checkpoints.delete("t", undefined, { operationId: "d" });
  expect(await checkpoints.get("t")).toEqual({ n: 4 });
});

test("a failed read is an error, not an empty answer", async () => {
  const backend = stagedBackend();
  const { checkpoints } = startProcess(backend);
  const id = await checkpoints.put("t", 1);
  backend.failReads = true;
  expect(await outcome(checkpoints.get("t"))).toBe("UNAVAILABLE");
  expect(await outcome(checkpoints.get("t", id))).toBe("UNAVAILABLE");
  expect(await outcome(checkpoints.record("t"))).toBe("UNAVAILABLE");
  expect(await outcome(checkpoints.list("t"))).toBe("UNAVAILABLE");
  expect(await outcome(checkpoints.delete("t", id))).toBe("UNAVAILABLE");
  expect(await outcome(startProcess(backend).checkpoints.put("t", 2))).toBe("UNAVAILABLE");
});
