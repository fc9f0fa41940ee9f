import { createSecretKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { keyAt } from "../../src/backend/keys.ts";
import { StorageError } from "../../src/errors.ts";
import { encodeValue } from "../../src/store/encode.ts";
import { openPartition, type OpenRecord } from "../../src/store/partition.ts";
import type { EncryptionOptions, SealingOptions } from "../../src/store/sealing/options.ts";
import { createSealing } from "../../src/store/sealing/seal.ts";
import { failureOf } from "../codec/failure.ts";
import { key, noise } from "../pieces/shelf.ts";
import { codeOf, door, forge, newPlace, put, raw, THEN } from "./door.ts";

const one: SealingOptions = { encryption: { keys: { one: key(1) }, current: "one" } };

describe("an encrypted store", () => {
  test("reads what it wrote, and shows nothing of it to the engine", async () => {
    const place = newPlace();
    await put(door(place, one), { secret: "the moon", note: noise(5000) });
    expect(await codeOf(door(place, one))).toBe("read");
    const { value } = await raw(place);
    expect(Buffer.from(value).includes("the moon")).toBe(false);
    expect([value[0], (value[1] ?? 0) & 2]).toEqual([1, 2]);
  });

  test("seals the same value differently each time", async () => {
    const place = newPlace();
    const seen = new Set<string>();
    for (let at = 0; at < 1000; at += 1) {
      await put(door(place, one), 1);
      seen.add(Buffer.from((await raw(place)).value).toString("hex"));
    }
    expect(seen.size).toBe(1000);
  });

  test("opens no record that was moved: to another key, partition or tenant", async () => {
    const place = newPlace();
    await put(door(place, one), 1);
    const { value } = await raw(place);
    await forge(place, value, "b");
    expect(await codeOf(door(place, one), "b")).toBe("CORRUPT");
    const elsewhere = { ...place, name: "t/-/1.u" };
    await forge(elsewhere, value);
    expect(await codeOf(door(elsewhere, one))).toBe("CORRUPT");
    expect(await codeOf(door({ ...place, tenant: "acme" }, one))).toBe("CORRUPT");
    expect(await codeOf(door(place, one))).toBe("read");
  });

  test("binds an appended record to its prefix, and takes it for no other", async () => {
    const place = newPlace();
    const partition = door(place, one);
    const { revision } = await partition.write(
      [{ op: "append", prefix: "e/", value: encodeValue(1) }],
      THEN,
    );
    const at = keyAt("e/", revision, 0);
    expect(await codeOf(partition, at)).toBe("read");
    const { value } = await raw(place, at);
    await forge(place, value, keyAt("f/", revision, 0));
    expect(await codeOf(partition, keyAt("f/", revision, 0))).toBe("CORRUPT");
    await put(partition, 2, at);
    expect((await partition.read([at], THEN)).get(at)?.value()).toBe(2);
  });

  test("opens nothing of which a bit was changed or a byte is missing", async () => {
    const place = newPlace();
    const partition = door(place, one);
    await put(partition, { a: "value" });
    const { value } = await raw(place);
    const outcomes = new Set<string>();
    for (let at = 0; at < value.byteLength; at += 1)
      for (const bit of [1, 2, 4, 8, 128]) {
        const damaged = Uint8Array.from(value);
        damaged[at] = (damaged[at] ?? 0) ^ bit;
        await forge(place, damaged);
        outcomes.add(await codeOf(partition));
      }
    for (let length = 0; length < value.byteLength; length += 1) {
      await forge(place, value.subarray(0, length));
      outcomes.add(await codeOf(partition));
    }
    expect([...outcomes].toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      "CORRUPT",
      "INCOMPATIBLE",
      "KEY_MISSING",
      "PLAINTEXT",
      "WRONG_KEY",
    ]);
  });

  test("refuses what is not encrypted, until when it is told to accept it", async () => {
    const place = newPlace();
    await put(door(place, {}), 1);
    expect(await codeOf(door(place, one))).toBe("PLAINTEXT");
    for (const acceptPlaintextBefore of [THEN + 1, new Date(THEN + 1)]) {
      const encryption = { keys: { one: key(1) }, current: "one", acceptPlaintextBefore };
      const partition = door(place, { encryption });
      expect(await codeOf(partition, "a", THEN)).toBe("read");
      expect(await codeOf(partition, "a", THEN + 1)).toBe("PLAINTEXT");
    }
  });

  test("refuses pieces that are not encrypted, or belong to another upload", async () => {
    const place = { backend: newPlace().backend };
    const { backend } = place;
    const narrow = { ...backend, limits: { ...backend.limits, maxValueBytes: 1000 } };
    const small = { ...place, backend: narrow };
    await put(door(small, one), noise(5000));
    await put(door(small, one), noise(5000, 2), "b");
    const page = await backend.scan("t/-/1.t", { from: "p/", to: "p~", limit: 100 }, THEN);
    const [first, second] = page.records;
    await forge(place, second?.value ?? new Uint8Array(), first?.key);
    const codes = [await codeOf(door(small, one)), await codeOf(door(small, one), "b")];
    expect(new Set(codes)).toEqual(new Set(["CORRUPT", "read"]));
    await forge(place, new Uint8Array([1, 0, 1, 2, 3]), first?.key);
    const again = [await codeOf(door(small, one)), await codeOf(door(small, one), "b")];
    expect(new Set(again)).toEqual(new Set(["PLAINTEXT", "read"]));
  });
});

describe("keys", () => {
  test("a store without keys says which one is missing", async () => {
    const place = newPlace();
    await put(door(place, one), 1);
    const record = (await door(place, {}).read(["a"], THEN)).get("a");
    expect(() => record?.value()).toThrow(
      expect.objectContaining({ code: "KEY_MISSING", message: expect.stringContaining('"one"') }),
    );
  });

  test("rotate without rewriting: the new one seals, both open, and the old one retires", async () => {
    const place = newPlace();
    const tenants = [{}, { tenant: "acme", name: "t/4.acme/1.t" }];
    const both: SealingOptions = {
      encryption: { keys: { one: key(1), two: createSecretKey(key(2)) }, current: "two" },
    };
    const two: SealingOptions = { encryption: { keys: { two: key(2) }, current: "two" } };
    for (const where of tenants) {
      const at = { ...place, ...where };
      await put(door(at, one), "old", "old");
      await put(door(at, both), "new", "new");
      for (const name of ["old", "new"]) expect(await codeOf(door(at, both), name)).toBe("read");
      expect(await codeOf(door(at, two), "new")).toBe("read");
      expect(await codeOf(door(at, one), "new")).toBe("KEY_MISSING");
      const old = (await door(at, two).read(["old", "new"], THEN)).get("old");
      expect(() => old?.value()).toThrow(
        expect.objectContaining({ code: "KEY_MISSING", message: expect.stringContaining('"one"') }),
      );
      await put(door(at, both), "rewritten", "old");
      expect(await codeOf(door(at, two), "old")).toBe("read");
    }
  });

  test("another key of the same id is told from damage", async () => {
    const place = newPlace();
    await put(door(place, one), 1);
    const wrong = { encryption: { keys: { one: key(9) }, current: "one" } };
    expect(await codeOf(door(place, wrong))).toBe("WRONG_KEY");
  });

  test("come from a function, once for each id, and a failure of it is no missing key", async () => {
    const place = newPlace();
    const asked: string[] = [];
    let down = false;
    const keys: EncryptionOptions["keys"] = async (id) => {
      asked.push(id);
      if (down) throw new Error("no answer");
      return id === "one" ? key(1) : undefined;
    };
    const partition = door(place, { encryption: { keys, current: "one" } });
    await put(partition, 1);
    expect(await codeOf(partition)).toBe("read");
    expect(asked).toEqual(["one"]);
    down = true;
    const cold = door(place, { encryption: { keys, current: "one" } });
    expect(await codeOf(cold)).toBe("UNAVAILABLE");
    await expect(put(cold, 2)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    down = false;
    expect(await codeOf(cold)).toBe("read");
    const none = door(place, { encryption: { keys, current: "none" } });
    await expect(put(none, 2)).rejects.toMatchObject({ code: "KEY_MISSING" });
    expect(await codeOf(none)).toBe("read");
  });

  test("are asked for once by all that start at the same time", async () => {
    const place = newPlace();
    await put(door(place, one), 1);
    const asked: string[] = [];
    const keys: EncryptionOptions["keys"] = async (id) => {
      asked.push(id);
      await Promise.resolve();
      return key(1);
    };
    const partition = door(place, { encryption: { keys, current: "one" } });
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(partition)));
    expect([new Set(codes), asked]).toEqual([new Set(["read"]), ["one"]]);
  });

  test("a record that names a key of nobody hides no other", async () => {
    const place = newPlace();
    const partition = door(place, one);
    await put(partition, 1);
    await put(partition, 2, "b");
    const other = { encryption: { keys: { evil: key(1) }, current: "evil" } };
    await put(door(place, other), 3);
    const found = await partition.read(["a", "b"], THEN);
    expect(found.get("b")?.value()).toBe(2);
    expect(await codeOf(partition)).toBe("KEY_MISSING");
  });

  test("may be hundreds in one page: each record opens, and a failure of each is told as such", async () => {
    const place = newPlace();
    const ids = Array.from({ length: 300 }, (_, index) => `k${index}`);
    const keys = Object.fromEntries(ids.map((id, index) => [id, key(index % 200)]));
    for (const current of ids)
      await put(door(place, { encryption: { keys, current } }), 1, current);
    const outcomes = async (keysOf: EncryptionOptions["keys"]): Promise<unknown> => {
      const partition = door(place, { encryption: { keys: keysOf, current: "k0" } });
      const { records } = await partition.scan({ from: "k", to: "l", limit: 1000 }, THEN);
      return new Set(records.map((record) => outcomeOf(record)));
    };
    expect(await outcomes(keys)).toEqual(new Set([1]));
    const down = new Error("no answer");
    expect(await outcomes(() => Promise.reject(down))).toEqual(new Set(["UNAVAILABLE"]));
  });

  test("derived for one tenant open nothing of another, even in partitions of one name", async () => {
    const { backend } = newPlace();
    const sealing = createSealing(one);
    const [mine, theirs] = ["a", "b"].map((tenant) =>
      openPartition(backend, "t/same", { seal: sealing(tenant, "t/same") }),
    );
    if (!mine || !theirs) throw new Error("There are two.");
    await put(mine, 1);
    expect([await codeOf(mine), await codeOf(theirs)]).toEqual(["read", "CORRUPT"]);
  });

  test("are not told by the refusal of what stands in the place of an id", () => {
    const secret = new Uint8Array(32).fill(123);
    const circular: Record<string, unknown> = {};
    circular["me"] = circular;
    for (const current of [secret, { secret }, 5n, circular]) {
      const encryption = { keys: { one: key(1) }, current } as unknown as EncryptionOptions;
      const failure = failureOf(() => createSealing({ encryption }));
      expect(failure.code).toBe("INVALID_ARGUMENT");
      expect(failure.message).not.toContain("123");
    }
  });

  test.each<[string, unknown]>([
    ["no object", 5],
    ["null", null],
    ["no keys", { current: "one" }],
    ["a key that is too short", { keys: { one: key(1).subarray(1) }, current: "one" }],
    ["a key that is a text", { keys: { one: "x".repeat(32) }, current: "one" }],
    ["a current key that is not there", { keys: { one: key(1) }, current: "two" }],
    ["a current key by inheritance", { keys: { one: key(1) }, current: "toString" }],
    ["an empty id", { keys: { "": key(1) }, current: "" }],
    ["an id that is too long", { keys: { ["é".repeat(128)]: key(1) }, current: "é".repeat(128) }],
    ["an id that is no text", { keys: { "\ud800": key(1) }, current: "\ud800" }],
    ["no current key", { keys: { one: key(1) } }],
    ["a date that is none", { ...one.encryption, acceptPlaintextBefore: new Date(Number.NaN) }],
    ["a date that is a text", { ...one.encryption, acceptPlaintextBefore: "2030-01-01" }],
  ])("are refused where they are none: %s", (_what, encryption) => {
    expect(() => door(newPlace(), { encryption: encryption as EncryptionOptions })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });

  test("a function that gives what is no key is refused when it does", async () => {
    const partition = door(newPlace(), { encryption: { keys: fiveBytes, current: "one" } });
    await expect(put(partition, 1)).rejects.toBeInstanceOf(StorageError);
  });
});

/** A record's value, or the code of what reading it throws. */
function outcomeOf(record: OpenRecord): unknown {
  try {
    return record.value();
  } catch (error) {
    if (error instanceof StorageError) return error.code;
    throw error;
  }
}

function fiveBytes(): Uint8Array {
  return new Uint8Array(5);
}
