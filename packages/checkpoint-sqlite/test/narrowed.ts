import type { Backend } from "@perdure/checkpoint-core";

/** The same backend as an engine of small records, which says so before each write. */
export function narrowed(backend: Backend, onWrite: () => void): Backend {
  return {
    name: backend.name,
    limits: { ...backend.limits, maxValueBytes: 1000, maxWriteBytes: 8000, maxWrites: 20 },
    setup: (mode) => backend.setup(mode),
    read: (...call) => backend.read(...call),
    scan: (...call) => backend.scan(...call),
    async write(...call) {
      onWrite();
      return backend.write(...call);
    },
    drop: (...call) => backend.drop(...call),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A state of which each put has another, and which no compression makes small. */
export function stateOf(name: string, put: number): { readonly of: string; readonly text: string } {
  let text = "";
  for (let seed = put + name.length; text.length < 20_000; )
    text += (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648).toString(36);
  return { of: `${name} ${put}`, text };
}
