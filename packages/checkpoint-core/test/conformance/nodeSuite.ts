import { createStore, memoryBackend, type MemoryStore } from "@perdure/checkpoint-core";
import { backendSuite, memoryStoreSuite } from "@perdure/checkpoint-core/conformance/node";
import { pliable, type State } from "./mutants/pliable.ts";

/** The kit under node:test, on what the argument names: our `memories`; or a backend, `right`, `broken`, or one of them with a waiver. */
const kind = process.argv[2];
if (kind === "memories") memoriesSuite();
else pliableSuite();

function pliableSuite(): void {
  const broken = kind === "broken" || kind === "waived";
  const waivers = { "law-7.views": "this engine keeps whole buffers" };
  backendSuite("pliable", {
    create() {
      const states = new Map<string, State>();
      return Promise.resolve({ backend: pliable(broken ? { take: wholeBuffer } : {}, states) });
    },
    ...(kind === "waived" || kind === "stale" ? { waivers } : {}),
  });
}

function memoriesSuite(): void {
  memoryStoreSuite("our memories", {
    create() {
      const backend = memoryBackend();
      const open = (user?: string): MemoryStore =>
        createStore({ backend, scope: user === undefined ? {} : { user } }).memory;
      return Promise.resolve({
        memory: open(),
        another: () => Promise.resolve(open()),
        as: (user: string) => Promise.resolve(open(user)),
      });
    },
  });
}

function wholeBuffer(value: Uint8Array): Uint8Array {
  return Uint8Array.from(new Uint8Array(value.buffer));
}
