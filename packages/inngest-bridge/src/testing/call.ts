import { CanonicalError, type Json } from "./canonical.ts";
import { deliver } from "./delivery.ts";
import { addCall } from "./due.ts";
import { finish } from "./finish.ts";
import { TestInngestError } from "./errors.ts";
import { askGateway } from "./gateway.ts";
import { giveUp, type Handled, handleGateway, handleOperations } from "./handle.ts";
import { type Operation, readOperations } from "./operation.ts";
import { stepOverflow } from "./overflow.ts";
import { buildCall, type CallJob, type OutgoingCall } from "./request.ts";
import type { Run } from "./run.ts";
import { watchFinish } from "./start.ts";
import { type Answer, failure, judge, type Verdict } from "./verdict.ts";
import type { RecordDraft, World } from "./world.ts";

/** Makes one call of the SDK, under the fault planned for it, and carries out what the answer says. */
export async function makeCall(world: World, job: CallJob): Promise<void> {
  const run = world.runs.get(job.runId);
  if (run === undefined || run.status !== "Running") return;
  if (run.stack.length >= world.limits.steps) {
    finish(world, run, stepOverflow(world));
    return;
  }
  const { stateBytes } = run;
  const verdict = await verdictOf(world, run, job);
  if (isOver(run)) return;
  const mayRetry = job.attempt + 1 < run.definition.maxAttempts;
  switch (verdict.kind) {
    case "completed":
      finish(world, run, { status: "Completed", output: verdict.output });
      break;
    case "operations":
      await carryOut(world, run, job, verdict, { mayRetry, stateBytes });
      break;
    case "failed":
      if (mayRetry && !verdict.noRetry) callAgain(world, job, verdict.retryAt);
      else finish(world, run, { ...verdict.outcome, status: "Failed" });
  }
}

/** The run's status may have changed while its call was under way. */
function isOver(run: Run): boolean {
  return run.status !== "Running";
}

async function carryOut(
  world: World,
  run: Run,
  job: CallJob,
  { operations, noRetry, retryAt, version }: Extract<Verdict, { readonly kind: "operations" }>,
  situation: { readonly mayRetry: boolean; readonly stateBytes: number },
): Promise<void> {
  if (run.version === -1) run.version = version;
  const mayRetry = situation.mayRetry && !noRetry;
  const { stateBytes } = situation;
  const about = { mayRetry, from: job.from, stateBytes };
  const { handled, gateways } = handleOperations(world, run, operations, about);
  const asked = await Promise.all(gateways.map((one) => askFor(world, run, one, mayRetry)));
  if (isOver(run)) return;
  if ([handled, ...asked].includes("retry")) callAgain(world, job, retryAt);
}

/** Asks somebody else for a step's result; waits and planned steps of the same answer go on meanwhile. */
async function askFor(
  world: World,
  run: Run,
  operation: Operation,
  mayRetry: boolean,
): Promise<Handled> {
  try {
    const answer = await askGateway(world, run, operation);
    return isOver(run) ? "done" : handleGateway(world, run, operation, { answer, mayRetry });
  } catch (error) {
    if (!(error instanceof TestInngestError)) throw error;
    giveUp(world, run, error);
    return "done";
  }
}

function callAgain(world: World, job: CallJob, retryAt: number | undefined): void {
  const attempt = job.attempt + 1;
  const at = retryAt ?? world.clock.now() + world.retryDelay(attempt);
  addCall(world, at, { ...job, attempt }, world.runs.get(job.runId)?.priorityMs);
}

async function verdictOf(world: World, run: Run, job: CallJob): Promise<Verdict> {
  const requestId = world.random.ulid(world.clock.now());
  let call: OutgoingCall;
  try {
    call = buildCall(run, job, requestId, world.limits.requestBytes);
  } catch (error) {
    if (!(error instanceof CanonicalError)) throw error;
    return failure(`error transforming request with JCS: ${error.message}`);
  }
  const record = newRecord(world, run, job);
  world.recordOf.set(requestId, record);
  const answer = await deliver(world, run, record, call);
  if (answer.kind === "answer") noteAnswer(world, record, answer, call);
  return judge(answer, world.limits, world.clock.now());
}

function newRecord(world: World, run: Run, job: CallJob): RecordDraft {
  const record: RecordDraft = {
    index: world.requests.length,
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
  if (run.requests === 0) watchFinish(world, run);
  run.requests += 1;
  return record;
}

function noteAnswer(
  world: World,
  record: RecordDraft,
  { body, headers, status }: Extract<Answer, { readonly kind: "answer" }>,
  call: OutgoingCall,
): void {
  record.status = status;
  if (status === 206) {
    const operations = readOperations(JSON.parse(body) as Json);
    record.ops = operations.map(({ op, id, name }) => ({ op, id, name }));
  }
  if (!world.recordBodies) return;
  record.request = { headers: call.headers, body: call.body };
  record.response = { headers, body };
}
