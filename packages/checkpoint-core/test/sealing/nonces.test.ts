import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { readHeader } from "../../src/codec/header.ts";
import { sealText } from "../../src/codec/envelope.ts";
import { createSealing } from "../../src/store/sealing/seal.ts";

test("no two envelopes have one nonce, small or not, of one partition or of several", async () => {
  const sealing = createSealing({ encryption: { keys: { k1: randomBytes(32) }, current: "k1" } });
  const nonces = new Set<string>();
  const value = sealText("value");
  for (const partition of ["p", "q"]) {
    const seal = sealing(undefined, partition);
    const ready = await seal.prepare();
    for (let index = 0; index < 100; index += 1) {
      const key = `k${index}`;
      for (const sealed of [
        ready.small(value, key, false),
        ready.small(value, key, true),
        ready.seal({ ...seal.pack(value), key }),
      ])
        nonces.add(Buffer.from(readHeader(sealed).header.lock?.nonce ?? []).toString("hex"));
    }
  }
  expect(nonces.size).toBe(600);
  expect([...nonces].every((nonce) => nonce.length === 24)).toBe(true);
});

test("what is sealed small opens as what was sealed, and under no other key or partition", async () => {
  const sealing = createSealing({ encryption: { keys: { k1: randomBytes(32) }, current: "k1" } });
  const key = `o/${"long/".repeat(40)}`;
  const seal = sealing("tenant", "p");
  const ready = await seal.prepare();
  for (let length = 0; length < 300; length += 1) {
    const sealed = ready.small(sealText("x".repeat(length)), key, false);
    expect(Buffer.from(seal.open(sealed, key, 0).payload).toString()).toBe("x".repeat(length));
    for (const [other, name] of [
      [seal, `${key}x`],
      [sealing("tenant", "q"), key],
      [sealing("other", "p"), key],
    ] as const)
      expect(() => other.open(sealed, name, 0)).toThrow("changed since it was sealed");
  }
});
