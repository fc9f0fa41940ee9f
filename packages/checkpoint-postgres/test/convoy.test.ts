import { StorageError } from "@perdure/checkpoint-core";
import { postgresBackend } from "@perdure/checkpoint-postgres";
import { describeOn } from "@perdure/engines/vitest";
import { Client } from "pg";
import { describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { type Convoy, convoyOf, type WriteAnswer, type WriteCall } from "../src/convoy.ts";
import { testPlace } from "./database.ts";

/** Writes of a crowd: four go alone, the others in company. */
const CROWD = 14;

describe("a convoy", () => {
  test("sends a few at once each for itself, and the others of a crowd together", async () => {
    const { convoy, alone, together } = ways();
    const few = Array.from({ length: 4 }, (_, index) => convoy.send(call(index)));
    expect(await Promise.all(few)).toEqual([0, 1, 2, 3]);
    expect(together).not.toHaveBeenCalled();
    expect(await Promise.all(crowd(convoy))).toEqual(numbers);
    expect(alone).toHaveBeenCalledTimes(8);
    expect(together.mock.calls.flatMap(([calls]) => calls)).toHaveLength(CROWD - 4);
  });

  test("gives each the answer of its own, and sends alone what was not tried", async () => {
    const { convoy, alone } = ways(async (calls) =>
      calls.map(({ now }) => (now === 5 ? undefined : now === 6 ? "busy" : now)),
    );
    const expected = numbers.map((number) => (number === 5 ? undefined : number));
    expect(await Promise.all(crowd(convoy))).toEqual(expected);
    expect(alone).toHaveBeenCalledWith(call(6));
    expect(alone).not.toHaveBeenCalledWith(call(7));
  });

  test("sends each alone when the server has rolled all of them back", async () => {
    const full = new StorageError("FULL", "Postgres: the disk is full.", {
      cause: Object.assign(new Error("full"), { code: "53100" }),
    });
    const { convoy, alone } = ways(() => Promise.reject(full));
    expect(await Promise.all(crowd(convoy))).toEqual(numbers);
    expect(alone).toHaveBeenCalledTimes(CROWD);
  });

  test.each(["57P01", "08006", undefined])(
    "tells each that nobody knows what was written when the server is gone (%s), and sends none again",
    async (code) => {
      const lost = new StorageError("UNAVAILABLE", "Postgres: it is gone.", {
        cause: Object.assign(new Error("gone"), { code }),
      });
      const { convoy, alone } = ways(() => Promise.reject(lost));
      const outcomes = await Promise.allSettled(crowd(convoy));
      expect(outcomes.slice(0, 4).map(({ status }) => status)).toEqual(
        Array.from({ length: 4 }, () => "fulfilled"),
      );
      for (const outcome of outcomes.slice(4))
        expect(outcome).toEqual({ status: "rejected", reason: lost });
      expect(alone).toHaveBeenCalledTimes(4);
    },
  );

  test("sends a large one alone, however many there are", async () => {
    const { convoy, alone } = ways();
    const all = crowd(convoy);
    const large = { ...call(99), values: Buffer.alloc(64 * 1024 + 1) };
    expect(await convoy.send(large)).toBe(99);
    await Promise.all(all);
    expect(alone).toHaveBeenCalledWith(large);
  });

  test("waits, when it closes, for all that wait, and takes no more", async () => {
    const gate = Promise.withResolvers<void>();
    const { convoy } = ways(async (calls) => {
      await gate.promise;
      return calls.map(({ now }) => now);
    });
    const all = crowd(convoy);
    const closed = convoy.close();
    await expect(convoy.send(call(99))).rejects.toMatchObject({ code: "CLOSED" });
    gate.resolve();
    await closed;
    expect(await Promise.all(all)).toEqual(numbers);
  });
});

describeOn("postgres", "many writes at once", () => {
  test("wait for nobody's partition but their own", async () => {
    const { url, schema } = testPlace();
    await using backend = postgresBackend({ url, schema });
    await backend.setup("create");
    const write = async (name: string): Promise<number> => {
      const { revision } = await backend.write(name, {
        writes: [{ op: "append", prefix: "x/", value: Uint8Array.of(1) }],
        now: 0,
      });
      return revision;
    };
    const names = Array.from({ length: CROWD }, (_, index) => `p${index}`);
    await Promise.all(names.map(write));
    const holder = new Client({ connectionString: inject("postgresUrl") });
    await holder.connect();
    onTestFinished(() => holder.end());
    await holder.query("begin");
    await holder.query(`select from "${schema}".perdure_partition where name = 'p9' for update`);
    const held = names.indexOf("p9");
    const all = names.map(write);
    expect(await Promise.all(all.toSpliced(held, 1))).toEqual(names.slice(1).map(() => 2));
    await holder.query("rollback");
    expect(await all[held]).toBe(2);
  });
});

const numbers = Array.from({ length: CROWD }, (_, index) => index);

function call(now: number): WriteCall {
  return {
    name: `p${now}`,
    now,
    mode: 0,
    keys: ["a"],
    numbers: "0,-1,0,null",
    values: Buffer.alloc(0),
  };
}

function crowd(convoy: Convoy): Promise<WriteAnswer>[] {
  return numbers.map((number) => convoy.send(call(number)));
}

/** A convoy whose writes are answered with their time. */
function ways(
  inCompany: (calls: readonly WriteCall[]) => Promise<readonly (WriteAnswer | "busy")[]> = async (
    calls,
  ) => calls.map(({ now }) => now),
) {
  const alone = vi.fn(async ({ now }: WriteCall): Promise<WriteAnswer> => now);
  const together = vi.fn(inCompany);
  return { convoy: convoyOf({ alone, together }), alone, together };
}
