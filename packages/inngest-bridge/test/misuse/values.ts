import type { Desk } from "./desk.ts";

/** A call with one argument left open, and what that must not be. */
export type Misuse = readonly [string, readonly unknown[], (desk: Desk, value: never) => unknown];

/** What no name of a store can be; half a character can. */
export const names = (given: readonly unknown[]): readonly unknown[] =>
  given.filter((one) => one !== "\ud800");
/** What is no id: nothing, what is too long, half a character, and what is no text. */
export const ids: readonly unknown[] = [
  undefined,
  null,
  "",
  "x".repeat(10_240),
  "\ud800",
  Number.NaN,
  7,
  [],
  ["t"],
  {},
  true,
];
/** What is no text, or none. */
export const noText: readonly unknown[] = [undefined, null, "", Number.NaN, 7, [], ["t"], {}, true];
export const whole: readonly unknown[] = [
  null,
  Number.NaN,
  -1,
  1.5,
  "1",
  Number.POSITIVE_INFINITY,
  [],
  {},
];
export const texts: readonly unknown[] = [null, 7, [], {}, true];
export const records: readonly unknown[] = [null, 7, "x", [], true];
export const scopes: readonly unknown[] = [
  null,
  7,
  "x",
  [],
  { user: "" },
  { tenant: undefined },
  { user: 7 },
  { other: "x" },
  Promise.resolve({ user: "ann" }),
];
export const times: readonly unknown[] = [
  null,
  undefined,
  Number.NaN,
  -1,
  "1",
  new Date(Number.NaN),
  [],
  {},
];
