import { isObject, type Json, textOf } from "./canonical.ts";
import { saveCheckpoint } from "./checkpoint.ts";
import { type FunctionDefinition, readDefinition } from "./definition.ts";
import { TestInngestError } from "./errors.ts";
import { type EventInput, readEvent } from "./event.ts";
import { acceptEvent } from "./intake.ts";
import { readOperations } from "./operation.ts";
import { underFault } from "./post.ts";
import { createToken, publish } from "./realtime.ts";
import { actions, batch, eventRuns, getRun } from "./report.ts";
import { wireId } from "./request.ts";
import { receiveSignal } from "./signal.ts";
import { type Controls, json, readBody, type Visit } from "./visit.ts";
import type { World } from "./world.ts";

/**
 * The server's HTTP API, as far as the SDK and scripts use it: `/e/:key`, `/fn/register`,
 * `/v1/checkpoint/:run/async`, `/v1/signals`, `/v1/realtime/publish` and `/token`, `/v0/runs/:run/batch` and `/actions`, `/v1/runs/:run`,
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

interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly answer: (visit: Visit) => Promise<Response> | Response;
}

const routes: readonly Route[] = [
  { method: "POST", path: /^\/e\/([^/]+)$/u, answer: receiveEvents },
  { method: "POST", path: /^\/fn\/register$/u, answer: register },
  { method: "POST", path: /^\/v1\/checkpoint\/([^/]+)\/async$/u, answer: checkpoint },
  { method: "POST", path: /^\/v1\/signals$/u, answer: receiveSignal },
  { method: "POST", path: /^\/v1\/realtime\/publish$/u, answer: publish },
  { method: "POST", path: /^\/v1\/realtime\/token$/u, answer: createToken },
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

function cancelRun({ controls, id }: Visit): Response {
  controls.cancel(id);
  return json(200, { data: { id } });
}

function rerunRun({ controls, id }: Visit): Response {
  return json(200, { data: { id: controls.rerun(id) } });
}

function failed(error: TestInngestError): Response {
  const status = error.code === "UNKNOWN_RUN" ? 404 : 400;
  return json(status, { error: error.message, code: error.code, status });
}
