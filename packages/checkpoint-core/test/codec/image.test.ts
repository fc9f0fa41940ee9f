import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planChanges, splicesOfText, textOfSplices } from "../../src/codec/change.ts";
import {
  applySplices,
  imageOf,
  imageOfText,
  type StateImage,
  textOf,
  valueOf,
} from "../../src/codec/image.ts";
import { encodeText } from "../../src/codec/text.ts";
import { childOf } from "../../src/codec/splice.ts";
import { draws, expected, fitting } from "./changes.ts";
import { expectImage } from "./equal.ts";
import { codeOf } from "./failure.ts";
import { values } from "./values.ts";

const bases = fc.oneof(
  values,
  fc.record({ messages: fc.array(values, { maxLength: 4 }), step: values, meta: values }),
);

describe("an image under changes", () => {
  test("equals the plain change on a plain copy, in one go and through its stored text", () => {
    fc.assert(
      fc.property(bases, fc.array(draws, { maxLength: 6 }), (base, drawn) => {
        let state: unknown = base;
        let image = imageOf(base);
        let stored = imageOfText(encodeText(base));
        for (const draw of drawn) {
          const change = fitting(state, draw);
          const planned = planChanges(image, [change]);
          state = expected(state, change);
          const read = splicesOfText(textOfSplices(planned.splices));
          expect(textOfSplices(read)).toBe(textOfSplices(planned.splices));
          stored = applySplices(stored, read);
          ({ image } = planned);
          expectImage(image, state);
          expectImage(stored, state);
          expect(stored.nodes).toBe(image.nodes);
        }
        expect(imageOfText(textOf(image)).nodes).toBe(image.nodes);
      }),
      { numRuns: 700 },
    );
  });

  test("several changes in one plan meet the state that the ones before them leave", () => {
    const image = imageOf({ messages: ["a"] });
    const { image: after, splices } = planChanges(image, [
      { path: ["tools"], set: {} },
      { path: ["tools", "calls"], set: [] },
      { path: ["tools", "calls"], append: [1] },
      { path: ["messages"], append: ["b"] },
      { path: ["messages", 0], remove: true },
      { path: ["messages"], append: ["c", undefined] },
    ]);
    expectImage(after, { messages: ["b", "c", undefined], tools: { calls: [1] } });
    expectImage(applySplices(imageOf({ messages: ["a"] }), splices), valueOf(after));
    expectImage(image, { messages: ["a"] });
  });

  test("branches on one image do not see each other, nor do the versions along them", () => {
    fc.assert(
      fc.property(bases, fc.array(fc.tuple(fc.nat(), draws), { maxLength: 12 }), (base, drawn) => {
        const versions: { image: StateImage; state: unknown }[] = [
          { image: imageOf(base), state: base },
        ];
        for (const [from, draw] of drawn) {
          const parent = versions[from % versions.length];
          if (parent === undefined) continue;
          const change = fitting(parent.state, draw);
          versions.push({
            image: planChanges(parent.image, [change]).image,
            state: expected(parent.state, change),
          });
        }
        for (const { image, state } of versions) expectImage(image, state);
      }),
      { numRuns: 350 },
    );
  });

  test("two appends on one long list, then on each branch", () => {
    const base = planChanges(imageOf({ messages: [] }), [{ path: ["messages"], append: ["a"] }]);
    const left = planChanges(base.image, [{ path: ["messages"], append: ["l"] }]).image;
    const right = planChanges(base.image, [{ path: ["messages"], append: ["r"] }]).image;
    const leftmost = planChanges(left, [{ path: ["messages"], append: ["ll"] }]).image;
    const other = planChanges(left, [{ path: ["messages", 1], set: "L" }]).image;
    expectImage(base.image, { messages: ["a"] });
    expectImage(left, { messages: ["a", "l"] });
    expectImage(right, { messages: ["a", "r"] });
    expectImage(leftmost, { messages: ["a", "l", "ll"] });
    expectImage(other, { messages: ["a", "L"] });
    expect(codeOf(() => planChanges(left, [{ path: ["messages", 2], set: 1 }]))).toBe(
      "INVALID_ARGUMENT",
    );
  });

  test("what the user does to their objects, before or after, never reaches an image", () => {
    const mine = { messages: [{ at: new Date(0), bytes: new Uint8Array(1), tags: new Set([1]) }] };
    const image = imageOf(mine);
    const text = textOf(image);
    for (const state of [mine, valueOf(image) as typeof mine]) {
      const [message] = state.messages;
      message?.at.setTime(5);
      message?.bytes.fill(5);
      message?.tags.add(5);
      state.messages.length = 0;
    }
    expect(textOf(image)).toBe(text);
    const append = [{ content: "a" }];
    const after = planChanges(image, [{ path: ["messages"], append }]).image;
    append.push({ content: "b" });
    Object.assign(append[0] ?? {}, { content: "c" });
    expect((valueOf(after) as { messages: unknown[] }).messages.slice(1)).toStrictEqual([
      { content: "a" },
    ]);
  });

  test("what a change does not touch is shared, not copied", () => {
    const image = imageOf({ messages: [{ a: 1 }], other: { deep: [1] } });
    const after = planChanges(image, [{ path: ["messages", 0, "a"], set: 2 }]).image;
    expect(childOf(after.root, "other")).toBe(childOf(image.root, "other"));
    const once = planChanges(image, [{ path: ["messages"], append: [1] }]).image;
    const twice = planChanges(once, [{ path: ["messages"], append: [2] }]).image;
    expect(childOf(childOf(twice.root, "messages") ?? null, 0)).toBe(
      childOf(childOf(image.root, "messages") ?? null, 0),
    );
  });

  test("a state that only a newer version can read is passed on by an image, and not given out", () => {
    const text = '{"messages":[{"$later":1}]}';
    const image = planChanges(imageOfText(text), [{ path: ["messages"], append: [1] }]).image;
    expect(textOf(image)).toBe('{"messages":[{"$later":1},1]}');
    expect(codeOf(() => valueOf(image))).toBe("INCOMPATIBLE");
    expect(codeOf(() => imageOfText("{"))).toBe("CORRUPT");
  });

  test("a thousand appends touch nothing of what is there", () => {
    let image = imageOf({ messages: [], step: 0 });
    const wanted: string[] = [];
    for (let step = 0; step < 1_000; step += 1) {
      const content = `message ${step}`;
      wanted.push(content);
      ({ image } = planChanges(image, [
        { path: ["messages"], append: [content] },
        { path: ["step"], set: step },
      ]));
    }
    expectImage(image, { messages: wanted, step: 999 });
  });
});
