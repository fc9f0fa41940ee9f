/**
 * Plays one scenario against one Inngest server, through two recording proxies: one before the app, which
 * the server calls, and one before the server, which the SDK calls.
 */
import { randomBytes } from "node:crypto";
import { Inngest } from "inngest";
import { createServer } from "inngest/node";
import { subscribe } from "inngest/realtime";
import { listening, recordingProxy } from "./proxy.ts";
import type { Exchange } from "./proxy.ts";
import { scenarioService } from "./service.ts";
import { probeOf } from "./scenario.ts";
import type { Outcome, Scenario, World } from "./scenario.ts";

export type Mode = "on" | "off";

export interface Recording {
  readonly app: string;
  readonly exchanges: readonly Exchange[];
  readonly outcome: Outcome;
  /** `GET /v1/runs/{id}` of each run once it had ended, by run id. */
  readonly reports: { readonly [runId: string]: RunReport };
}

export interface RunReport {
  readonly status: string;
  readonly output?: unknown;
}

/** The server under the scenario: where it is and how its time passes. */
export interface ServerUnderTest {
  readonly url: string;
  /** Makes the server know the app behind this URL. A PUT there when absent, after which the SDK registers itself. */
  readonly sync?: (url: string) => Promise<void>;
  /** Lets the server's time go by. Real time when absent. */
  readonly pass?: (ms: number) => Promise<void>;
  /** The server's time. The machine's when absent. */
  readonly now?: () => number;
  /** How often a run's status is asked. A real server's own work suffers from frequent questions. */
  readonly pollMs?: number;
}

const FINAL = new Set(["Completed", "Failed", "Cancelled", "Skipped"]);

/** Throws when the scenario does not end within its limit; the recording is whole otherwise. */
export async function recordScenario(
  server: ServerUnderTest,
  scenario: Scenario,
  mode: Mode,
): Promise<Recording> {
  const app = `${scenario.id}-${randomBytes(4).toString("hex")}`;
  const exchanges: Exchange[] = [];
  const asked: { probe?: World["probe"] } = {};
  await using service = await scenarioService(scenario, () => asked.probe);
  const probe = probeOf(service.url);
  asked.probe = probe;
  await using api = await recordingProxy("sdk", () => server.url, exchanges);
  const inngest = new Inngest({
    id: app,
    isDev: true,
    baseUrl: api.url,
    // The default of 10 s would cut a request in two on a slow machine.
    checkpointing: mode === "on" ? { maxRuntime: "5m" } : false,
    logger: SILENT,
    internalLogger: SILENT,
  });
  const functions = [...scenario.functions(inngest, probe)];
  await using served = await listening(createServer({ client: inngest, functions }));
  await using door = await recordingProxy("server", () => served.url, exchanges);
  await (server.sync ?? putSync)(`${door.url}/api/inngest`);
  const room: Room = {
    server,
    app,
    exchanges,
    probe,
    inngest,
    deadline: deadlineOf(scenario),
    reports: {},
    subscriptions: [],
  };
  await scenario.drive(worldOf(room));
  for (const subscription of room.subscriptions) subscription.close();
  const ids = [...new Set(exchanges.filter(isCall).map((call) => runOf(call)))];
  for (const id of ids) room.reports[id] = await report(server, id);
  return { app, exchanges, reports: room.reports, outcome: outcomeOf(room) };
}

/** Whether an exchange is the server calling a function of the app. */
function isCall(exchange: Exchange): boolean {
  return exchange.from === "server" && exchange.method === "POST" && exchange.request.body !== "";
}

interface Room {
  readonly server: ServerUnderTest;
  readonly app: string;
  readonly exchanges: readonly Exchange[];
  readonly probe: World["probe"];
  readonly inngest: Inngest.Any;
  readonly deadline: number;
  readonly reports: Record<string, RunReport>;
  readonly subscriptions: { close(): void }[];
}

const quiet = (): void => undefined;
const SILENT = { info: quiet, warn: quiet, error: quiet, debug: quiet };

async function putSync(url: string): Promise<void> {
  const answer = await fetch(url, { method: "PUT" });
  if (!answer.ok) throw new Error(`sync of ${url}: ${answer.status} ${await answer.text()}`);
}

function deadlineOf(scenario: Scenario): number {
  return Date.now() + (scenario.limitMs ?? 60_000);
}

function worldOf(room: Room): World {
  const { server, app, probe } = room;
  const pass = server.pass ?? realTime;
  const until: World["until"] = async (what, condition) => {
    while (!(await condition())) {
      if (Date.now() > room.deadline) throw new Error(`${app}: gave up waiting until ${what}`);
      await realTime(server.pollMs ?? 25);
    }
  };
  return {
    app,
    probe,
    until,
    pass,
    now: server.now ?? Date.now,
    runs: (functionId) => runsOf(room, functionId),
    send: async (name, data = {}, options = {}) => {
      await room.inngest.send({ name: `${app}/${name}`, data, ...options });
    },
    subscribe: async (topic) => hear(room, topic),
    signal: async (name, data) => {
      const { runId } = await room.inngest.sendSignal({ signal: `${app}/${name}`, data });
      return runId !== undefined;
    },
    ended: async (functionId, count = 1) => {
      await until(`${count} runs of ${functionId} have ended`, async () => {
        const ids = runsOf(room, functionId);
        const reports = await Promise.all(ids.map((id) => report(server, id)));
        return reports.filter(({ status }) => FINAL.has(status)).length >= count;
      });
    },
    answered: async (opcode, count = 1) => {
      await until(`${opcode} was answered`, () => opcodesIn(room.exchanges, opcode) >= count);
      await realTime(STORE_MS);
    },
    quiet: async () => {
      await until("every request is answered", () =>
        room.exchanges.every(({ response }) => response !== undefined),
      );
    },
    cancel: async (runId) => ask(server, "DELETE", `/v1/runs/${runId}`),
    rerun: async (runId) => ask(server, "POST", `/v2/runs/${runId}/rerun`, {}),
  };
}

async function hear(
  { app, inngest, probe, server, subscriptions }: Room,
  topic: string,
): Promise<void> {
  const { key } = await inngest.realtime.token({ channel: app, topics: [topic] });
  const token = { channel: app, topics: [topic], apiBaseUrl: server.url, ...(key && { key }) };
  const heard = await subscribe(token, ({ kind, topic: on, data, runId }) => {
    probe.see("heard", { kind, topic: on ?? null, data, fromRun: runId !== undefined });
  });
  subscriptions.push(heard);
}

/** How long a server may take to store an answer that it has received. No protocol says when it has. */
const STORE_MS = 250;

async function realTime(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

async function ask(
  server: ServerUnderTest,
  method: string,
  path: string,
  body?: object,
): Promise<void> {
  const answer = await fetch(new URL(path, server.url), {
    method,
    headers: { "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
}

let question = 0;

async function report(server: ServerUnderTest, runId: string): Promise<RunReport> {
  // Answers are cached by URL for seconds; a counter gets past that.
  const answer = await fetch(new URL(`/v1/runs/${runId}?_=${question++}`, server.url));
  const { data } = (await answer.json()) as { data?: { status?: string; output?: unknown } };
  return { status: data?.status ?? "Unknown", output: data?.output };
}

function opcodesIn(exchanges: readonly Exchange[], opcode: string): number {
  const needle = `"op":"${opcode}"`;
  return exchanges
    .filter((exchange) => isCall(exchange) && exchange.response?.status === 206)
    .reduce((sum, { response }) => sum + (response?.body.split(needle).length ?? 1) - 1, 0);
}

function runsOf({ app, exchanges }: Room, functionId: string): readonly string[] {
  const wanted = exchanges.filter(
    (exchange) => isCall(exchange) && exchange.path.includes(`fnId=${app}-${functionId}&`),
  );
  return [...new Set(wanted.map((call) => runOf(call)))];
}

/** The run that a call belongs to. */
function runOf(call: Exchange): string {
  const known = RUN_OF.get(call);
  if (known !== undefined) return known;
  const { ctx } = JSON.parse(call.request.body) as { ctx?: { run_id?: string } };
  const id = ctx?.run_id ?? "unknown";
  RUN_OF.set(call, id);
  return id;
}

/** A call's body can be megabytes, and drivers ask again and again. */
const RUN_OF = new WeakMap<Exchange, string>();

function outcomeOf(room: Room): Outcome {
  const runs: Record<string, string[]> = {};
  for (const call of room.exchanges.filter(isCall)) {
    const name = functionOf(call.path, room.app);
    runs[name] ??= runsOf(room, name).map((id) => room.reports[id]?.status ?? "Unknown");
  }
  return { runs, seen: room.probe.seen };
}

/** The function that a call's path names, without its app. */
function functionOf(path: string, app: string): string {
  const id = new URL(path, "http://app").searchParams.get("fnId") ?? "";
  return id.startsWith(`${app}-`) ? id.slice(app.length + 1) : id;
}
