import { type Backend, createStore, type Scope, type Store } from "@perdure/checkpoint-core";
import type { OpenStore } from "../../../src/conformance/index.ts";
import { wrapBackend } from "../../wrap.ts";

/** A broken way to open stores. */
export interface StoreMutant {
  readonly id: string;
  readonly does: string;
  readonly killedBy: string;
  readonly open: OpenStore;
}

/** Our store behind a layer. */
export function broken(
  id: string,
  does: string,
  killedBy: string,
  wrap: (right: Store) => Partial<Store>,
): StoreMutant {
  const wrapped = (right: Store): Store => ({
    ...right,
    ...wrap(right),
    for: (scope) => wrapped(right.for(scope)),
  });
  return {
    id,
    does,
    killedBy: `store.${killedBy}`,
    open: (options) => wrapped(createStore(options)),
  };
}

/** Our store of which each scope is only partly heeded. */
export function narrowed(
  id: string,
  does: string,
  killedBy: string,
  heed: (scope: Scope) => Scope,
): StoreMutant {
  const open: OpenStore = (options) => {
    const right = createStore({ ...options, scope: heed(options.scope) });
    return {
      ...right,
      for: (scope) => open({ ...options, scope: { ...options.scope, ...scope } }),
    };
  };
  return { id, does, killedBy: `store.${killedBy}`, open };
}

/** Our store on a backend that gets some verbs wrong. */
export function onWrongBackend(
  id: string,
  does: string,
  killedBy: string,
  wrong: (backend: Backend) => Partial<Backend>,
): StoreMutant {
  return {
    id,
    does,
    killedBy: `store.${killedBy}`,
    open: (options) =>
      createStore({ ...options, backend: wrapBackend(options.backend, wrong(options.backend)) }),
  };
}
