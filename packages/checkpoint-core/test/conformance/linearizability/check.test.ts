import { keyAt, memoryBackend } from "@perdure/checkpoint-core";
import { describe, expect, test } from "vitest";
import { checkHistory } from "../../../src/conformance/linearizability/check.ts";
import type {
  Answer,
  Call,
  Operation,
  Seen,
} from "../../../src/conformance/linearizability/operation.ts";
import { runClients } from "../../../src/conformance/linearizability/run.ts";

/*
 * Histories as the literature draws them: a register (the record `a`), operations as intervals.
 */

const put = (value: string, key = "a"): Call => ({
  verb: "write",
  writes: [{ op: "put", key, value, expect: "any" }],
  revive: false,
});
const create = (value: string): Call => ({
  verb: "write",
  writes: [{ op: "put", key: "a", value, expect: "absent" }],
  revive: false,
});
const get = (...keys: string[]): Call => ({ verb: "read", keys });
const at = (revision: number): Answer => ({ told: "written", revision });
const holds = (...records: (Seen | null)[]): Answer => ({ told: "records", records });
const a = (value: string, revision: number): Seen => ({ key: "a", value, revision });
const b = (value: string, revision: number): Seen => ({ key: "b", value, revision });

let clients = 0;
const during = (start: number, end: number, call: Call, answer: Answer): Operation => {
  clients += 1;
  return { client: String(clients), partition: "p", call, start, end, answer };
};
const from = (start: number, call: Call): Operation => {
  clients += 1;
  return { client: String(clients), partition: "p", call, start };
};
const verdict = (...operations: Operation[]): string => checkHistory(operations).verdict;

describe("one record", () => {
  test("a read during a write sees the old value or the new one", () => {
    const write = during(10, 20, put("1"), at(1));
    expect(verdict(write, during(12, 18, get("a"), holds(null)))).toBe("ok");
    expect(verdict(write, during(12, 18, get("a"), holds(a("1", 1))))).toBe("ok");
  });

  test("a read after a write sees it", () => {
    const write = during(10, 20, put("1"), at(1));
    expect(verdict(write, during(21, 30, get("a"), holds(null)))).toBe("bad");
  });

  test("when one read has seen the new value, a later one does not see the old one", () => {
    const write = during(0, 100, put("1"), at(1));
    const saw = during(10, 20, get("a"), holds(a("1", 1)));
    expect(verdict(write, saw, during(30, 40, get("a"), holds(null)))).toBe("bad");
    expect(verdict(write, saw, during(15, 40, get("a"), holds(null)))).toBe("ok");
  });

  test("two reads see two writes in one order", () => {
    const writes = [during(0, 100, put("1"), at(1)), during(0, 100, put("2"), at(2))];
    const one = during(10, 20, get("a"), holds(a("1", 1)));
    expect(verdict(...writes, one, during(30, 40, get("a"), holds(a("2", 2))))).toBe("ok");
    expect(
      verdict(
        ...writes,
        during(10, 20, get("a"), holds(a("2", 2))),
        during(30, 40, get("a"), holds(a("1", 1))),
      ),
    ).toBe("bad");
  });

  test("a value that nobody wrote is seen by nobody", () => {
    expect(verdict(during(0, 1, get("a"), holds(a("7", 1))))).toBe("bad");
  });

  test("of two writers that expect absence one is told so", () => {
    const first = during(0, 10, create("1"), at(1));
    expect(verdict(first, during(0, 10, create("2"), at(2)))).toBe("bad");
    expect(verdict(first, during(0, 10, create("2"), { told: "conflict", key: "a" }))).toBe("ok");
    expect(verdict(first, during(0, 10, create("2"), { told: "conflict", key: "b" }))).toBe("bad");
  });
});

describe("several records", () => {
  test("a read of two keys is one instant", () => {
    const both: Call = {
      verb: "write",
      writes: [
        { op: "put", key: "a", value: "1", expect: "any" },
        { op: "put", key: "b", value: "2", expect: "any" },
      ],
      revive: false,
    };
    const write = during(0, 100, both, at(1));
    expect(verdict(write, during(1, 99, get("a", "b"), holds(a("1", 1), null)))).toBe("bad");
    expect(verdict(write, during(1, 99, get("a", "b"), holds(a("1", 1), b("2", 1))))).toBe("ok");
  });

  test("two readers do not see two writes in different orders", () => {
    const writes = [during(0, 100, put("1"), at(1)), during(0, 100, put("2", "b"), at(2))];
    const left = during(1, 99, get("a", "b"), holds(a("1", 1), null));
    const right = during(1, 99, get("a", "b"), holds(null, b("2", 2)));
    expect(verdict(...writes, left)).toBe("ok");
    expect(verdict(...writes, left, right)).toBe("bad");
  });

  test("partitions are judged apart, and the bad one is named", () => {
    const good = during(0, 1, put("1"), at(1));
    const bad = { ...during(5, 6, put("2"), at(2)), partition: "q" };
    expect(checkHistory([good, bad])).toMatchObject({ verdict: "bad", partition: "q", stuck: bad });
  });
});

describe("answers that never came", () => {
  test("may have happened, at any later time, or never", () => {
    const lost = from(0, put("1"));
    const none = during(10, 20, get("a"), holds(null));
    const some = during(30, 40, get("a"), holds(a("1", 1)));
    expect(verdict(lost, none)).toBe("ok");
    expect(verdict(lost, some)).toBe("ok");
    expect(verdict(lost, none, some)).toBe("ok");
    expect(
      verdict(lost, during(30, 40, get("a"), holds(a("1", 1))), { ...none, start: 50, end: 60 }),
    ).toBe("bad");
  });

  test("have not happened before they were asked", () => {
    expect(verdict(during(0, 10, get("a"), holds(a("1", 1))), from(11, put("1")))).toBe("bad");
  });

  test("happen once", () => {
    const append: Call = {
      verb: "write",
      writes: [{ op: "append", prefix: "m", value: "1" }],
      revive: false,
    };
    const keys = [1, 2].map((revision) => keyAt("m", revision, 0));
    const records = keys.map((key, index) => ({ key, value: "1", revision: index + 1 }));
    const range = { from: "m", to: "n", limit: 10 };
    const scan = during(10, 20, { verb: "scan", range }, { told: "page", records });
    expect(verdict(from(0, append), scan)).toBe("bad");
  });

  test("fill the revisions that nobody was told of", () => {
    const known = [during(0, 1, put("1"), at(1)), during(10, 11, put("2"), at(3))];
    expect(verdict(...known)).toBe("bad");
    expect(verdict(...known, from(5, put("3")))).toBe("ok");
    expect(verdict(...known, from(12, put("3")))).toBe("bad");
  });
});

test("a search that has used up its bounds is no ok", () => {
  const operations = [during(0, 10, put("1"), at(1)), during(0, 10, put("2"), at(2))];
  const bounds = { configurations: 1, remembered: 1000 };
  expect(checkHistory(operations, bounds)).toEqual({ verdict: "undecided", partition: "p" });
});

test("one client on the reference backend is told what the checker's partition says, in thousands of calls", async () => {
  const backend = memoryBackend();
  const open = () => ({ ...backend, [Symbol.asyncDispose]: () => Promise.resolve() });
  const { operations } = await runClients(
    { open },
    {
      seed: 1,
      processes: 1,
      clients: 1,
      operations: 4000,
      partitions: 1,
      faults: 0,
      patienceMs: 5000,
      impatience: 0,
    },
  );
  expect(checkHistory(operations)).toEqual({ verdict: "ok" });
  expect(operations).toHaveLength(4001);
  expect(new Set(operations.map(({ answer }) => answer?.told))).toEqual(
    new Set(["written", "records", "page", "conflict", "deleted", "dropped"]),
  );
});
