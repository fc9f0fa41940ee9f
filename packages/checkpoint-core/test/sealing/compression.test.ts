import { constants, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { inflate } from "../../src/codec/compress.ts";
import { writeHeader } from "../../src/codec/header.ts";
import { encodeValue } from "../../src/store/encode.ts";
import type { SealingOptions } from "../../src/store/sealing/options.ts";
import { noise } from "../pieces/shelf.ts";
import { codeOf, door, forge, newPlace, put, raw, THEN } from "./door.ts";

const long = "all work and no play ".repeat(1000);

/** An envelope that claims to hold `size` bytes. */
function claiming(size: number, frame: Uint8Array): Uint8Array {
  const bytes = writeHeader({ size }, frame.byteLength);
  bytes.set(frame, bytes.byteLength - frame.byteLength);
  return bytes;
}

describe("compression", () => {
  test("happens from 4 KiB on, and where it saves an eighth", async () => {
    const place = newPlace();
    const flags = async (value: unknown, options: SealingOptions = {}): Promise<unknown> => {
      await put(door(place, options), value);
      expect((await door(place, {}).read(["a"], THEN)).get("a")?.value()).toBe(value);
      return (await raw(place)).value[1];
    };
    expect(await flags(long)).toBe(1);
    expect(await flags(long.slice(0, 4000))).toBe(0);
    expect(await flags(long.slice(0, 4094))).toBe(1);
    expect(await flags(noise(10_000) + long.slice(0, 500))).toBe(1);
    expect(await flags(Buffer.from(noise(10_000)).toString("latin1"), { compress: false })).toBe(0);
    expect(await flags(long.slice(0, 100), { compress: { minBytes: 10 } })).toBe(1);
    expect(await flags(long.slice(0, 100), { compress: { minBytes: 10, level: 19 } })).toBe(1);
    expect(await flags("abcdef", { compress: { minBytes: 1 } })).toBe(0);
  });

  test("leaves the bytes of small values as they are: the very same array reaches the engine", async () => {
    const { backend } = newPlace();
    const seen: unknown[] = [];
    const spying = {
      ...backend,
      write: (...call: Parameters<typeof backend.write>) => {
        seen.push(call[1].writes);
        return backend.write(...call);
      },
    };
    const writes = [{ op: "put", key: "a", value: encodeValue("small"), expect: "any" }] as const;
    await door({ backend: spying }, {}).write(writes, THEN);
    expect(seen[0]).toBe(writes);
  });

  test.each<[string, (frame: Uint8Array) => Uint8Array, string]>([
    ["a claim of less than it holds", (frame) => claiming(10_000, frame), "CORRUPT"],
    ["a claim of more than it holds", (frame) => claiming(1_000_000, frame), "CORRUPT"],
    ["a claim of nothing", (frame) => claiming(0, frame), "CORRUPT"],
    ["a claim beyond all bounds", (frame) => claiming(0xff_ff_ff_ff, frame), "TOO_LARGE"],
    ["a frame that is cut", (frame) => claiming(21_002, frame.subarray(0, -5)), "CORRUPT"],
    [
      "a frame with something behind",
      (frame) => claiming(21_002, Buffer.concat([frame, frame])),
      "CORRUPT",
    ],
    ["no frame", () => claiming(5, Buffer.from("hello")), "CORRUPT"],
    ["no bytes", () => claiming(5, new Uint8Array()), "CORRUPT"],
    ["a cut header", (frame) => claiming(21_002, frame).subarray(0, 4), "CORRUPT"],
    ["an unknown flag", (frame) => Uint8Array.from([1, 17, ...frame]), "INCOMPATIBLE"],
    ["a newer version", (frame) => Uint8Array.from([2, 1, ...frame]), "INCOMPATIBLE"],
    ["the truth", (frame) => claiming(21_002, frame), "read"],
  ])("an envelope with %s is told apart", async (_what, forged, code) => {
    const place = newPlace();
    const frame = zstdCompressSync(encodeValue(long).subarray(2));
    await put(door(place, {}), 1);
    await forge(place, forged(frame));
    expect(await codeOf(door(place, {}))).toBe(code);
  });

  test("a bomb inflates to no more than it claims", () => {
    const bomb = zstdCompressSync(Buffer.alloc(100_000_000), {
      params: { [constants.ZSTD_c_compressionLevel]: 1 },
    });
    expect(bomb.byteLength).toBeLessThan(20_000);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => inflate(bomb, 1000)).toThrow(expect.objectContaining({ code: "CORRUPT" }));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  });

  test.each<[string, unknown]>([
    ["a text", "yes"],
    ["null", null],
    ["no bytes", { minBytes: 0 }],
    ["half a byte", { minBytes: 1.5 }],
    ["a level above 19", { level: 20 }],
    ["no level", { level: 0 }],
  ])("is refused with %s", (_what, compress) => {
    expect(() => door(newPlace(), { compress: compress as boolean })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });
});

test("forged pieces are followed no further than they can be true", async () => {
  const place = newPlace();
  let reads = 0;
  const { backend } = place;
  const counting = {
    ...backend,
    read: (...call: Parameters<typeof backend.read>) => {
      reads += 1;
      return backend.read(...call);
    },
  };
  const upload = "AAAAAAAAAAAAAAAA";
  for (const spill of [
    { pieces: 0, bytes: 0 },
    { pieces: 0, bytes: 5 },
    { pieces: 4_000_000_000, bytes: 4_000_000_000 },
    { pieces: 2, bytes: 1 },
    { pieces: 1_000_000, bytes: 1_000_000 },
  ]) {
    const header = { spill: { upload, ...spill, leadSum: 0, restSum: 0 } };
    await forge(place, writeHeader(header, 3));
    reads = 0;
    expect(await codeOf(door({ backend: counting }, {}))).toBe("CORRUPT");
    expect(reads).toBeLessThan(6);
  }
});
