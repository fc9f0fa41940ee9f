import { isObject, type Json, textOf } from "./canonical.ts";
import { underFault } from "./post.ts";
import { resume } from "./progress.ts";
import { fetchedAt, json, readBody, type Visit } from "./visit.ts";
import type { Wait } from "./wait.ts";
import type { World } from "./world.ts";

/** `POST /v1/signals`: ends the wait for a signal, and says whose it was; 404 where nobody waits. */
export async function receiveSignal({ world, request }: Visit): Promise<Response> {
  const body = await readBody(request);
  const { signal: name, data = null } = isObject(body) ? body : {};
  const signal = textOf(name);
  return underFault(world, { kind: "signal", steps: [signal] }, () => {
    const wait = waitingFor(world, signal);
    if (wait === undefined) return json(404, { error: "No signal found", data: null, status: 404 });
    world.signals.delete(signal);
    resume(world, wait, { data: { signal, data } satisfies Json });
    return json(200, { data: { run_id: wait.runId }, metadata: fetchedAt(world) });
  });
}

/** The wait that a signal would end now. */
export function waitingFor(world: World, signal: string): Wait | undefined {
  const wait = world.signals.get(signal);
  return wait !== undefined && world.waits.has(wait) ? wait : undefined;
}
