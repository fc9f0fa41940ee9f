import { once, resolve } from "./events.ts";
import type { Row } from "./row.ts";
import { atEffect, effectDone, effectUnknown, running } from "./states.ts";

const state = "running by E1";
const later = "running by F";

/** The rows of an effect that is done once. */
export const effectRows: readonly Row[] = [
  { state, event: "effect once", prepare: running, act: once() },
  { state, event: "effect once", guard: "recorded", prepare: effectDone, act: once() },
  { state, event: "effect once", guard: "begun, its holder at it", prepare: atEffect, act: once() },
  {
    state: later,
    event: "effect once",
    guard: "begun by E1: unknown",
    prepare: effectUnknown,
    act: once(),
  },
  {
    state: later,
    event: "effect once, again",
    guard: "begun by E1: unknown",
    prepare: effectUnknown,
    act: once({ onUnknown: () => "again" }),
  },
  {
    state: later,
    event: "a person says done",
    guard: "begun by E1: unknown",
    prepare: effectUnknown,
    act: resolve({ done: "paid" }),
  },
  {
    state: later,
    event: "a person says again",
    guard: "begun by E1: unknown",
    prepare: effectUnknown,
    act: resolve("again"),
  },
];
