import type { Backend } from "@perdure/checkpoint-core";

/** The same backend, where each partition is called otherwise. */
export function renamed(backend: Backend, as: (name: string) => string): Backend {
  return {
    name: backend.name,
    limits: backend.limits,
    setup: (mode) => backend.setup(mode),
    read: (name, ...call) => backend.read(as(name), ...call),
    scan: (name, ...call) => backend.scan(as(name), ...call),
    write: (name, ...call) => backend.write(as(name), ...call),
    drop: (name, ...call) => backend.drop(as(name), ...call),
    [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose](),
  };
}
