import { describe, expect, test } from "vitest";
import { encodeText } from "../../src/codec/text.ts";
import { codeOf, failureOf } from "./failure.ts";

class Account {
  readonly id = 1;
}
class LateDate extends Date {}
class List extends Array<number> {}
const { Map: Pretender } = { Map: class Map extends Account {} };
const pretender = new Pretender();

function at(content: unknown): object {
  return { messages: [{}, { content }] };
}

describe("what is refused, by path", () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    ["a function", () => 1, "a function"],
    ["a symbol", Symbol("s"), "a symbol"],
    ["a symbol key", { [Symbol("s")]: 1 }, "a symbol as key"],
    ["a symbol key on an array", Object.assign([], { [Symbol("s")]: 1 }), "a symbol as key"],
    ["a class instance", new Account(), "an instance of Account"],
    ["a subclass of Date", new LateDate(), "an instance of LateDate"],
    ["a subclass of Array", new List(), "an instance of List"],
    ["a class named Map", pretender, "an instance of a class that only calls itself Map"],
    ["an object with a strange prototype", Object.create({ a: 1 }), "an instance of Object"],
    ["a Promise", Promise.resolve(1), "an instance of Promise"],
    ["a WeakMap", new WeakMap(), "an instance of WeakMap"],
    ["a Float32Array", new Float32Array(1), "an instance of Float32Array"],
    ["an ArrayBuffer", new ArrayBuffer(1), "an instance of ArrayBuffer"],
    ["a boxed string", Object("a"), "an instance of String"],
    [
      "an array with names",
      Object.assign([1], { index: 0 }),
      "an array with properties of its own",
    ],
    ["an iterator", [][Symbol.iterator](), "an instance of"],
  ];

  test.each(cases)("%s", (_name, value, what) => {
    const { code, message } = failureOf(() => encodeText(at(value)));
    expect(code).toBe("UNSUPPORTED_VALUE");
    expect(message).toContain(`The value at messages[1].content cannot be kept: it is ${what}`);
  });

  test("a cycle, where it closes", () => {
    const state: { messages: object[] } = { messages: [{}] };
    state.messages.push({ content: state.messages });
    const { code, message } = failureOf(() => encodeText(state));
    expect({ code, message }).toStrictEqual({
      code: "UNSUPPORTED_VALUE",
      message:
        "The value at messages[1].content cannot be kept: it is a reference to something that it lies in (a cycle).",
    });
    const map = new Map();
    map.set("self", { map });
    expect(failureOf(() => encodeText({ map })).message).toContain("map[0].value.map cannot");
    const error = new Error("a");
    error.cause = error;
    expect(failureOf(() => encodeText([error])).message).toContain("[0].cause cannot");
  });

  test("what an accessor or a trap throws is the cause", () => {
    const boom = new Error("boom");
    const throwing = (): never => {
      throw boom;
    };
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const hostile = [
      Object.defineProperty({}, "a", { enumerable: true, get: throwing }),
      new Proxy({}, { ownKeys: throwing }),
      new Proxy({}, { getPrototypeOf: throwing }),
      new Proxy([1], { get: throwing }),
    ];
    for (const value of hostile) {
      const { code, message, cause } = failureOf(() => encodeText(at(value)));
      expect({ code, message, cause }).toStrictEqual({
        code: "UNSUPPORTED_VALUE",
        message: "The value at messages[1].content cannot be kept: reading it threw.",
        cause: boom,
      });
    }
    expect(codeOf(() => encodeText(at(revoked.proxy)))).toBe("UNSUPPORTED_VALUE");
  });
});
