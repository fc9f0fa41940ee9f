import { ConnectionLostError } from "./errors.ts";
import type { Fault } from "./faults.ts";
import type { Instance } from "./instance.ts";
import type { OutgoingCall } from "./request.ts";
import type { Run } from "./run.ts";
import type { Answer } from "./verdict.ts";
import type { RecordDraft, World } from "./world.ts";

/** Sends a call to an instance of its app, or two, under the fault planned for it. */
export async function deliver(
  world: World,
  run: Run,
  record: RecordDraft,
  call: OutgoingCall,
): Promise<Answer> {
  const alive = world.fleet.alive(run.definition.appId);
  const first = alive[alive.length > 1 ? world.route(alive.length) : 0];
  const fault = plannedFault(world, record, first);
  if (fault !== undefined) record.fault = fault;
  if (first === undefined || fault === "lose-request") return unreachable;
  if (fault === "stop-before") {
    first.stop();
    return unreachable;
  }
  record.instances.push(first.name);
  if (fault !== "double" && typeof fault !== "object") return deliverUnder(fault, first, call);
  const second = alive.find((instance) => instance !== first) ?? first;
  record.instances.push(second.name);
  return deliverTwice(world, [first, second], call, fault);
}

const unreachable: Answer = { kind: "lost", message: "Unable to reach SDK URL" };

function plannedFault(
  world: World,
  record: RecordDraft,
  instance: Instance | undefined,
): Fault | undefined {
  const { index, runId, fnId, stepId, attempt, steps } = record;
  return world.faults({
    kind: "call",
    index,
    runId,
    fnId,
    ...(stepId === undefined ? {} : { stepId }),
    attempt,
    steps,
    ...(instance === undefined ? {} : { instance: instance.name }),
  });
}

async function deliverUnder(
  fault: Fault | undefined,
  instance: Instance,
  call: OutgoingCall,
): Promise<Answer> {
  const answer = await deliverOnce(instance, call);
  if (fault === "stop-after" || fault === "stop-during") instance.stop();
  return fault === "lose-response" || fault === "stop-during" ? unreachable : answer;
}

/** Both copies are under way at once; the one whose answer does not count goes on in the background. */
async function deliverTwice(
  world: World,
  instances: readonly [Instance, Instance],
  call: OutgoingCall,
  fault: Extract<Fault, "double" | object>,
): Promise<Answer> {
  const copies = instances.map((instance) => deliverOnce(instance, call));
  for (const copy of copies) {
    world.background.add(copy);
    const forget = (): boolean => world.background.delete(copy);
    void copy.then(forget, forget);
  }
  const chosen = fault === "double" ? Promise.race(copies) : copies[fault.double];
  return (await chosen) ?? unreachable;
}

async function deliverOnce(instance: Instance, call: OutgoingCall): Promise<Answer> {
  try {
    const response = await instance.call(call.copy());
    const headers = Object.fromEntries(response.headers);
    return { kind: "answer", status: response.status, headers, body: await response.text() };
  } catch (error) {
    if (error instanceof ConnectionLostError) return unreachable;
    throw error;
  }
}
