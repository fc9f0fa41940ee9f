import { createHash } from "node:crypto";
import type { Job } from "./agenda.ts";
import { byteLength, CanonicalError, canonicalText, type Json } from "./canonical.ts";
import { ConnectionLostError } from "./errors.ts";
import { eventPayload } from "./event.ts";
import type { Fault } from "./faults.ts";
import { finish } from "./finish.ts";
import { handleOperations, stepOverflow } from "./handle.ts";
import type { Instance } from "./instance.ts";
import { readOperations } from "./operation.ts";
import type { Run } from "./run.ts";
import { type Answer, failure, judge, type Verdict } from "./verdict.ts";
import type { RecordDraft, World } from "./world.ts";

export type CallJob = Extract<Job, { readonly kind: "call" }>;

/** Makes one call of the SDK, under the fault planned for it, and carries out what the answer says. */
export async function makeCall(world: World, job: CallJob): Promise<void> {
  const run = world.runs.get(job.runId);
  if (run === undefined || run.status !== "Running") return;
  if (run.stack.length >= world.limits.steps) {
    finish(world, run, { status: "Failed", error: stepOverflow(world) });
    return;
  }
  const verdict = await verdictOf(world, run, job);
  if (run.status !== "Running") return;
  const mayRetry = job.attempt + 1 < run.definition.maxAttempts;
  if (verdict.kind === "completed")
    finish(world, run, { status: "Completed", output: verdict.output });
  else if (verdict.kind === "operations") {
    if (run.version === -1) run.version = verdict.version;
    const handled = handleOperations(world, run, verdict.operations, mayRetry && !verdict.noRetry);
    if (handled === "retry") callAgain(world, job, verdict.retryAt);
  } else if (mayRetry && !verdict.noRetry) callAgain(world, job, verdict.retryAt);
  else {
    const { error, output } = verdict;
    finish(world, run, { status: "Failed", error, ...(output === undefined ? {} : { output }) });
  }
}

/** The function's id in a request: a UUID that stays the same for the same function. */
export function wireId(functionId: string): string {
  const hex = createHash("sha1").update(functionId).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join("-");
}

function callAgain(world: World, job: CallJob, retryAt: number | undefined): void {
  const attempt = job.attempt + 1;
  world.agenda.add(retryAt ?? world.clock.now() + world.retryDelay(attempt), { ...job, attempt });
}

async function verdictOf(world: World, run: Run, job: CallJob): Promise<Verdict> {
  let body: string;
  const index = world.requests.length;
  try {
    body = requestBody(world, run, job, index);
  } catch (error) {
    if (!(error instanceof CanonicalError)) throw error;
    return failure(`error transforming request with JCS: ${error.message}`);
  }
  run.requests += 1;
  const record: RecordDraft = {
    index,
    runId: run.id,
    fnId: run.definition.id,
    ...(job.step === undefined ? {} : { stepId: job.step }),
    attempt: job.attempt,
    steps: run.stack.map((step) => run.nameOf(step)),
    instances: [],
    ops: [],
    checkpointed: [],
  };
  world.requests.push(record);
  const answer = await underFault(world, run, record, () => request(run, job, index, body));
  if (answer.kind === "answer") noteAnswer(world, record, answer, body);
  return judge(answer, world.limits, world.clock.now());
}

function noteAnswer(
  world: World,
  record: RecordDraft,
  answer: Extract<Answer, { kind: "answer" }>,
  sent: string,
): void {
  record.status = answer.status;
  if (answer.status === 206) {
    record.ops = readOperations(JSON.parse(answer.body) as Json).map(({ op, id, name }) => ({
      op,
      id,
      name,
    }));
  }
  if (world.recordBodies) {
    record.request = { headers: {}, body: sent };
    record.response = { headers: answer.headers, body: answer.body };
  }
}

async function underFault(
  world: World,
  run: Run,
  record: RecordDraft,
  request: () => Request,
): Promise<Answer> {
  const { appId } = run.definition;
  const alive = world.fleet.alive(appId);
  const first = alive[alive.length > 1 ? world.route(alive.length) : 0];
  const fault = world.faults({
    kind: "call",
    index: record.index,
    runId: record.runId,
    fnId: record.fnId,
    ...(record.stepId === undefined ? {} : { stepId: record.stepId }),
    attempt: record.attempt,
    steps: record.steps,
    ...(first === undefined ? {} : { instance: first.name }),
  });
  if (fault !== undefined) record.fault = fault;
  if (first === undefined) return unreachable;
  if (fault === "lose-request") return unreachable;
  if (fault === "stop-before") {
    first.stop();
    return unreachable;
  }
  record.instances.push(first.name);
  if (fault === "double" || typeof fault === "object") {
    const second = alive.find((instance) => instance !== first) ?? first;
    record.instances.push(second.name);
    return deliverTwice(world, [first, second], request, fault);
  }
  const answer = await deliver(first, request());
  if (fault === "stop-after" || fault === "stop-during") first.stop();
  return fault === "lose-response" || fault === "stop-during" ? unreachable : answer;
}

const unreachable: Answer = { kind: "lost", message: "Unable to reach SDK URL" };

async function deliverTwice(
  world: World,
  instances: readonly [Instance, Instance],
  request: () => Request,
  fault: Extract<Fault, "double" | object>,
): Promise<Answer> {
  const copies = instances.map((instance) => deliver(instance, request()));
  for (const copy of copies) {
    world.background.add(copy);
    void copy.finally(() => world.background.delete(copy));
  }
  const chosen = fault === "double" ? Promise.race(copies) : copies[fault.double];
  return (await chosen) ?? unreachable;
}

async function deliver(instance: Instance, request: Request): Promise<Answer> {
  try {
    const response = await instance.call(request);
    const body = await response.text();
    return {
      kind: "answer",
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body,
    };
  } catch (error) {
    if (error instanceof ConnectionLostError) return unreachable;
    throw error;
  }
}

function requestBody(world: World, run: Run, job: CallJob, index: number): string {
  const whole = message(run, job, index, run.stateBytes > world.limits.requestBytes - 1024);
  const text = canonicalText(whole);
  return byteLength(text) > world.limits.requestBytes
    ? canonicalText(message(run, job, index, true))
    : text;
}

function message(run: Run, job: CallJob, index: number, useApi: boolean): Json {
  const event = eventPayload(run.event);
  return {
    ctx: {
      attempt: job.attempt,
      disable_immediate_execution: run.forcePlan,
      env: "dev",
      fn_id: wireId(run.definition.id),
      generation_id: index + 1,
      job_id: `${run.id}:${job.id}`,
      max_attempts: run.definition.maxAttempts,
      qi_id: `${run.id}:${job.id}`,
      request_id: `${run.id}:${index}`,
      run_id: run.id,
      stack: { current: run.stack.length, stack: run.stack },
      step_id: "step",
      use_api: useApi,
    },
    defers: {},
    event,
    events: useApi ? [] : [event],
    steps: useApi ? {} : run.memoised(),
    use_api: useApi,
    version: run.version,
  };
}

function request(run: Run, job: CallJob, index: number, body: string): Request {
  const url = new URL(run.definition.url);
  url.searchParams.set("stepId", job.step ?? "step");
  return new Request(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-inngest-server-kind": "dev",
      "x-inngest-req-version": String(run.version),
      "x-inngest-step-id": job.step ?? "step",
      "x-inngest-generation-id": String(index + 1),
      "x-inngest-job-id": `${run.id}:${job.id}`,
      "x-request-id": `${run.id}:${index}`,
      "x-run-id": run.id,
    },
    body,
  });
}
