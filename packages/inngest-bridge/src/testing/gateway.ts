import { canonicalText, isObject, type Json, textOf, wellFormed } from "./canonical.ts";
import { ConnectionLostError, TestInngestError } from "./errors.ts";
import { outsideInstances } from "./instance.ts";
import type { Operation } from "./operation.ts";
import type { Run } from "./run.ts";
import type { World } from "./world.ts";

/** What came of such a step: text to be memoised, as an answer or as an error. */
export interface GatewayAnswer {
  readonly failed: boolean;
  readonly text: string;
}

/** Operations that the server carries out itself, by a request to somebody else. */
export function isGateway({ op }: Operation): boolean {
  return op === "AIGateway" || op === "Gateway";
}

/**
 * Makes the request of a step under the fault planned for it. A step of `step.fetch` fails where no
 * answer came, one of `step.ai.infer` also at a status above 299. Throws `NO_GATEWAY`, and
 * `UNSUPPORTED_OPTION` for what else a model's step asks for (`publish`).
 */
export async function askGateway(
  world: World,
  run: Run,
  operation: Operation,
): Promise<GatewayAnswer> {
  const { gateway } = world;
  if (gateway === undefined) throw noGateway(operation);
  const isModel = operation.op === "AIGateway";
  if (isModel) refuseUnknown(operation);
  const request = isModel ? inferenceRequest(operation) : plainRequest(operation);
  const { url } = request;
  try {
    const response = await askUnderFault(world, run, operation, () => gateway(request.clone()));
    const body = await response.text();
    return isModel ? inferred(response.status, body) : fetched(url, response, body);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const why = message === "fetch failed" ? unreachable : message;
    const what = isModel ? "AI" : "gateway";
    return failure(
      isModel ? "AIGatewayError" : "GatewayError",
      `Error making ${what} request: ${why}`,
    );
  }
}

/** The server's own words for any connection that breaks. */
const unreachable = "Unable to reach SDK URL";

async function askUnderFault(
  world: World,
  run: Run,
  { id, name }: Operation,
  ask: () => Response | Promise<Response>,
): Promise<Response> {
  const index = world.posts.get("gateway") ?? 0;
  world.posts.set("gateway", index + 1);
  const about = { runId: run.id, fnId: run.definition.id, stepId: id, steps: [name] };
  const fault = world.faults({ kind: "gateway", index, ...about });
  if (fault === "lose-request" || fault === "stop-before")
    throw new ConnectionLostError(unreachable);
  const asks = fault === "double" || typeof fault === "object" ? 2 : 1;
  const answers = Array.from({ length: asks }, async () => outsideInstances(ask));
  const chosen = await answers[typeof fault === "object" ? fault.double : 0];
  await Promise.allSettled(answers);
  if (chosen === undefined || (fault !== undefined && asks === 1))
    throw new ConnectionLostError(unreachable);
  return chosen;
}

const inferenceFields = new Set(["type", "url", "headers", "auth_key", "format", "body"]);

function refuseUnknown({ name, opts }: Operation): void {
  const unknown = Object.keys(opts).find(
    (key) => !inferenceFields.has(key) && opts[key] !== false && opts[key] !== undefined,
  );
  if (unknown !== undefined)
    throw new TestInngestError(
      "UNSUPPORTED_OPTION",
      `The step "${name}" asks a model with "${unknown}", which is not modelled here.`,
    );
}

function inferenceRequest({ opts }: Operation): Request {
  const url = new URL(textOf(opts["url"]));
  const key = textOf(opts["auth_key"]);
  const format = textOf(opts["format"]);
  const headers = new Headers({ "content-type": "application/json" });
  if (format === "gemini") url.searchParams.append("key", key);
  else if (format === "anthropic") headers.append("x-api-key", key);
  else headers.append("authorization", format === "bedrock" ? key : `Bearer ${key}`);
  for (const [name, value] of Object.entries(fieldsOf(opts["headers"]))) {
    headers.append(name, textOf(value));
  }
  return new Request(url, {
    method: "POST",
    headers,
    body: canonicalText(wellFormed(opts["body"] ?? null)),
  });
}

function plainRequest({ opts }: Operation): Request {
  const entries = Object.entries(fieldsOf(opts["headers"]));
  const headers = entries.map(([name, value]): [string, string] => [name, textOf(value)]);
  const body = opts["body"] ?? undefined;
  // Bytes, so that no content type is added to the step's own headers.
  const sent = body === undefined ? {} : { body: Buffer.from(textOf(body, JSON.stringify(body))) };
  return new Request(textOf(opts["url"]), {
    method: textOf(opts["method"], "GET"),
    headers,
    ...sent,
  });
}

function fieldsOf(value: Json | undefined): { readonly [key: string]: Json | undefined } {
  return isObject(value) ? value : {};
}

const lastGoodStatus = 299;

function inferred(status: number, body: string): GatewayAnswer {
  const said = body === "" ? '{"error":"Error making AI request"}' : body;
  const data = parsed(said);
  if (status <= lastGoodStatus && data !== undefined) {
    return { failed: false, text: JSON.stringify({ data }) };
  }
  const why = data === undefined ? "the answer is not JSON" : `unsuccessful status code: ${status}`;
  return failure("AIGatewayError", `Error making AI request: ${why}`, {
    data: data ?? null,
    stack: said,
  });
}

function fetched(url: string, response: Response, body: string): GatewayAnswer {
  const headers = Object.fromEntries(
    [...response.headers]
      .filter(([name]) => !ofConnection.has(name))
      .map(([name, value]) => [wireName(name), value]),
  );
  const data = { body, headers, status_code: response.status, url };
  return { failed: false, text: JSON.stringify({ data }) };
}

/** Headers that end with the connection they came by. */
const ofConnection = new Set(["connection", "keep-alive", "transfer-encoding"]);

/** The server writes the names of headers with capitals. */
function wireName(name: string): string {
  return name.replaceAll(/(?:^|-)[a-z]/gu, (start) => start.toUpperCase());
}

function failure(
  name: string,
  message: string,
  more: { readonly data?: Json; readonly stack?: string } = {},
): GatewayAnswer {
  return { failed: true, text: JSON.stringify({ error: { name, message, ...more } }) };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function noGateway({ name, op }: Operation): TestInngestError {
  const asks = op === "AIGateway" ? "a model" : "somebody";
  return new TestInngestError(
    "NO_GATEWAY",
    `The step "${name}" has the server ask ${asks}: give createTestInngest a "gateway" that answers its requests, or fetch itself.`,
  );
}
