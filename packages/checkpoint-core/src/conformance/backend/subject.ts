import type { Backend } from "../../backend/contract.ts";
import { partitionName } from "../../backend/keys.ts";
import { type Case, defineCase } from "../case.ts";
import { type Probe, probe } from "./probe.ts";

/** What the cases for backends run on: an engine with empty storage of its own, on which `setup` was not called yet. */
export interface BackendSubject {
  readonly backend: Backend;
  /**
   * Another handle on the same storage, as another process would have it. Where the engine keeps nothing beyond one handle there is none, and cases of two
   * handles use the one.
   */
  readonly another?: () => Promise<Backend>;
}

/** A case on a backend that has been set up, with a partition of its own. */
export function backendCase(
  id: string,
  title: string,
  run: (partition: Probe, subject: BackendSubject) => Promise<void>,
): Case<BackendSubject> {
  return defineCase(id, title, async (subject) => {
    await subject.backend.setup("create");
    await run(probe(subject.backend, partitionName("t", [undefined, id])), subject);
  });
}

/** Another handle on the same storage, set up; the one handle where the engine has no other. The caller disposes of nothing: `close` does, if it must. */
export async function withAnother(
  { backend, another }: BackendSubject,
  work: (other: Backend) => Promise<void>,
): Promise<void> {
  if (!another) {
    await work(backend);
    return;
  }
  const other = await another();
  try {
    await other.setup("create");
    await work(other);
  } finally {
    await other[Symbol.asyncDispose]();
  }
}
