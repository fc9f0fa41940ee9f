import { isObject, type Json, textOf } from "./canonical.ts";
import { saveCheckpoint } from "./checkpoint.ts";
import { type FunctionDefinition, readDefinition } from "./definition.ts";
import { ConnectionLostError, TestInngestError } from "./errors.ts";
import { type EventData, type EventInput, listedEvent, readEvent } from "./event.ts";
import type { Message } from "./faults.ts";
import { callingInstance, type Instance } from "./instance.ts";
import { acceptEvent } from "./intake.ts";
import { readOperations } from "./operation.ts";
import { wireId } from "./request.ts";
import type { Run } from "./run.ts";
import type { World } from "./world.ts";

/** What the server's own API needs beside the state: things that a run can be told from outside. */
export interface Controls {
  cancel(runId: string): void;
  rerun(runId: string): string;
  /** Called when an app has registered its functions from a serve URL. */
  registered(appId: string, serveUrl: string): void;
  /** Called when a registration was refused. */
  refused(error: TestInngestError): void;
}

/**
 * The server's HTTP API, as far as the SDK and scripts use it: `/e/:key`, `/fn/register`,
 * `/v1/checkpoint/:run/async`, `/v0/runs/:run/batch` and `/actions`, `/v1/runs/:run`,
 * `/v2/runs/:run/rerun` and `/cancel`. Throws `ConnectionLostError` where a fault says so, after the work for a lost response.
 */
export async function answerApi(
  world: World,
  controls: Controls,
  request: Request,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  for (const { method, path, answer } of routes) {
    const match = path.exec(pathname);
    if (match === null || method !== request.method) continue;
    try {
      return await answer({ world, controls, request, id: readId(match[1] ?? "") });
    } catch (error) {
      if (error instanceof TestInngestError) return failed(error);
      throw error;
    }
  }
  return json(404, { error: `No such endpoint: ${request.method} ${pathname}`, status: 404 });
}

interface Visit {
  readonly world: World;
  readonly controls: Controls;
  readonly request: Request;
  /** The part of the path that names a run or a key. */
  readonly id: string;
}

interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly answer: (visit: Visit) => Promise<Response> | Response;
}

const routes: readonly Route[] = [
  { method: "POST", path: /^\/e\/([^/]+)$/u, answer: receiveEvents },
  { method: "POST", path: /^\/fn\/register$/u, answer: register },
  { method: "POST", path: /^\/v1\/checkpoint\/([^/]+)\/async$/u, answer: checkpoint },
  { method: "GET", path: /^\/v0\/runs\/([^/]+)\/batch$/u, answer: batch },
  { method: "GET", path: /^\/v0\/runs\/([^/]+)\/actions$/u, answer: actions },
  { method: "GET", path: /^\/v1\/runs\/([^/]+)$/u, answer: getRun },
  { method: "DELETE", path: /^\/v1\/runs\/([^/]+)$/u, answer: cancelRun },
  { method: "POST", path: /^\/v2\/runs\/([^/]+)\/cancel$/u, answer: cancelRun },
  { method: "POST", path: /^\/v2\/runs\/([^/]+)\/rerun$/u, answer: rerunRun },
  { method: "GET", path: /^\/v1\/events\/([^/]+)\/runs$/u, answer: eventRuns },
  {
    method: "GET",
    path: /^\/dev$/u,
    answer: ({ world }) => json(200, { version: "test", functions: [...world.functions.keys()] }),
  },
];

/** The part of a path, or a refusal of what no percent-encoding is. */
function readId(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new TestInngestError("BAD_OPTION", `"${part}" is not percent-encoded UTF-8.`);
  }
}

/** The body, or a refusal of what is no JSON. */
async function readBody(request: Request): Promise<Json> {
  const text = await request.text();
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new TestInngestError("BAD_OPTION", "The body is not JSON.");
  }
}

async function receiveEvents({ world, request }: Visit): Promise<Response> {
  const body = await readBody(request);
  const list: readonly Json[] = Array.isArray(body) ? body : [body];
  if (list.length > world.limits.eventsPerPost) {
    throw new TestInngestError(
      "BAD_EVENT",
      `One POST may hold ${world.limits.eventsPerPost} events.`,
    );
  }
  const inputs = list.map((input) => readEvent(input, world.limits));
  return underFault(world, { kind: "events", steps: inputs.map(({ name }) => name) }, () => {
    const seed = request.headers.get("x-inngest-event-id-seed");
    const ids = eventIds(world, seed, inputs.length);
    inputs.forEach((input, place) => acceptEvent(world, unstamped(input, seed), ids[place] ?? ""));
    return json(200, { ids, status: 200 });
  });
}

/**
 * Takes away the time that the SDK gave an event which had none, so that it happens now by the
 * server's clock. The SDK writes the same time into the seed.
 */
function unstamped(event: EventInput, seed: string | null): EventInput {
  const { ts, ...rest } = event;
  return ts !== undefined && seed?.startsWith(`${ts},`) === true ? rest : event;
}

/** A POST that the SDK repeats carries the same seed, and so its events get the same ids. */
function eventIds(world: World, seed: string | null, count: number): readonly string[] {
  const known = seed === null ? undefined : world.eventIds.get(seed);
  if (known !== undefined) return known;
  const ids = Array.from({ length: count }, () => world.random.ulid(world.clock.now()));
  if (seed !== null) world.eventIds.set(seed, ids);
  return ids;
}

async function register({ world, controls, request }: Visit): Promise<Response> {
  const body = await readBody(request);
  if (!isObject(body) || !Array.isArray(body["functions"])) {
    throw new TestInngestError("BAD_OPTION", "A registration needs the app's functions.");
  }
  const appId = textOf(body["appName"]);
  const definitions = readDefinitions(controls, appId, body["functions"]);
  for (const [id, { appId: owner }] of world.functions)
    if (owner === appId) world.functions.delete(id);
  for (const definition of definitions) world.functions.set(definition.id, definition);
  controls.registered(appId, textOf(body["url"]));
  return json(200, {
    ok: true,
    modified: true,
    sync_id: wireId(world.random.ulid(0)),
    app_id: wireId(appId),
  });
}

function readDefinitions(
  controls: Controls,
  appId: string,
  configs: readonly Json[],
): FunctionDefinition[] {
  try {
    return configs.map((config) => readDefinition(appId, config));
  } catch (error) {
    if (error instanceof TestInngestError) controls.refused(error);
    throw error;
  }
}

async function checkpoint({ world, request, id }: Visit): Promise<Response> {
  const body = await readBody(request);
  const run = world.runs.get(id);
  const steps = isObject(body) ? readOperations(body["steps"] ?? []).map(({ name }) => name) : [];
  const about = {
    kind: "checkpoint",
    runId: id,
    steps,
    ...(run === undefined ? {} : { fnId: run.definition.id }),
  } as const;
  const record = world.recordOf.get(isObject(body) ? textOf(body["request_id"]) : "");
  const sender = world.fleet.find(record?.instances.at(-1) ?? "");
  return underFault(world, { ...about, sender }, () => {
    const answer = saveCheckpoint(world, run, body);
    const { status, body: said } = answer;
    return said === undefined ? new Response(null, { status }) : json(status, said);
  });
}

/** Applies the fault planned for an app's POST around `work`. `sender` is for apps in other processes. */
async function underFault(
  world: World,
  {
    sender,
    ...about
  }: Omit<Message, "index" | "instance"> & { readonly sender?: Instance | undefined },
  work: () => Response,
): Promise<Response> {
  const index = world.posts.get(about.kind) ?? 0;
  world.posts.set(about.kind, index + 1);
  const instance = callingInstance() ?? sender;
  const fault = world.faults({
    ...about,
    index,
    ...(instance === undefined ? {} : { instance: instance.name }),
  });
  if (fault === "lose-request") throw new ConnectionLostError("The request was lost.");
  if (fault === "stop-before") return silence(instance);
  const response = work();
  if (fault === "stop-during" || fault === "stop-after") return silence(instance);
  if (fault === "lose-response") throw new ConnectionLostError("The response was lost.");
  return response;
}

/** Stops the instance; its process would never see an answer. */
async function silence(instance: Instance | undefined): Promise<Response> {
  if (instance === undefined) throw new ConnectionLostError("The connection broke.");
  instance.stop();
  return new Promise<Response>(() => undefined);
}

function batch({ world, id }: Visit): Response {
  const run = world.runs.get(id);
  return run === undefined ? unknownRun(id) : json(200, [listedEvent(run.event)]);
}

function actions({ world, id }: Visit): Response {
  const run = world.runs.get(id);
  return run === undefined ? unknownRun(id) : json(200, run.memoised());
}

function getRun({ world, id }: Visit): Response {
  const run = world.runs.get(id);
  if (run === undefined) return unknownRun(id);
  const data = {
    ...summary(run),
    run_started_at: new Date(run.startedAt).toISOString(),
    ended_at: run.endedAt === undefined ? null : new Date(run.endedAt).toISOString(),
  };
  return json(200, { data, metadata: fetchedAt(world) });
}

function eventRuns({ world, id }: Visit): Response {
  const runs = [...world.runs.values()].filter(({ event }) =>
    [event.internalId, event.id].includes(id),
  );
  return json(200, { data: runs.map(summary), metadata: fetchedAt(world) });
}

function summary(run: Run): EventData {
  return {
    run_id: run.id,
    function_id: run.definition.id,
    status: run.status,
    output: reportOf(run),
    event_id: run.event.internalId,
  };
}

/** What a report shows as the output: of a failure of the server's own, the error behind the text. */
function reportOf(run: Run): Json {
  if (run.status === "Cancelled") return {};
  if (run.output !== undefined) return run.output;
  const answer = run.answer ?? run.error?.message ?? null;
  if (typeof answer !== "string" || !answer.startsWith("{")) return answer;
  return JSON.parse(answer) as Json;
}

function fetchedAt(world: World): EventData {
  return { fetched_at: new Date(world.clock.now()).toISOString() };
}

function cancelRun({ controls, id }: Visit): Response {
  controls.cancel(id);
  return json(200, { data: { id } });
}

function rerunRun({ controls, id }: Visit): Response {
  return json(200, { data: { id: controls.rerun(id) } });
}

function unknownRun(id: string): Response {
  return json(404, { error: `There is no run "${id}".`, status: 404 });
}

function failed(error: TestInngestError): Response {
  const status = error.code === "UNKNOWN_RUN" ? 404 : 400;
  return json(status, { error: error.message, code: error.code, status });
}

function json(status: number, body: Json): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json" },
  });
}
