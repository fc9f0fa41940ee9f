import { expect } from "vitest";
import { type StateImage, textOf, valueOf } from "../../src/codec/image.ts";
import { encodeText } from "../../src/codec/text.ts";

/** Expects that the image is that value: in text, weight and value. */
export function expectImage(image: StateImage, value: unknown): void {
  const text = encodeText(value);
  expect(textOf(image)).toBe(text);
  expect(image.bytes).toBe(Buffer.byteLength(text));
  expect(encodeText(valueOf(image))).toBe(text);
}
