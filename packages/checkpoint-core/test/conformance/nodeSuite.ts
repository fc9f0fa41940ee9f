import { backendSuite } from "@perdure/checkpoint-core/conformance/node";
import { pliable, type State } from "./mutants/pliable.ts";

/** The kit under node:test, on the backend that the argument names: `right`, `broken`, or one of them with a waiver. */
const kind = process.argv[2];
const broken = kind === "broken" || kind === "waived";
const waivers = { "law-7.views": "this engine keeps whole buffers" };

backendSuite("pliable", {
  create() {
    const states = new Map<string, State>();
    return Promise.resolve({ backend: pliable(broken ? { take: wholeBuffer } : {}, states) });
  },
  ...(kind === "waived" || kind === "stale" ? { waivers } : {}),
});

function wholeBuffer(value: Uint8Array): Uint8Array {
  return Uint8Array.from(new Uint8Array(value.buffer));
}
