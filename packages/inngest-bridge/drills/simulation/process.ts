import { type Backend, createStore, type Store } from "@perdure/checkpoint-core";
import { Inngest } from "inngest";
import { serve } from "inngest/edge";
import {
  createAgentLoop,
  createInngestAgent,
  type DurableAgent,
  type InngestAgent,
  type InngestAgentOptions,
  spawn,
} from "../../src/index.ts";
import { ConnectionLostError } from "../../src/testing/errors.ts";
import type { TestInngest } from "../../src/testing/index.ts";
import type { Defect, Leaving } from "./defect.ts";
import { begunByWorld } from "./begun.ts";
import { clerkTool } from "./clerk.ts";
import { isSpawned } from "./above.ts";
import { runnerOf } from "./runner.ts";
import { shakyBackend } from "./shakyBackend.ts";
import type { Script } from "./script.ts";
import { type Actor, actor, as, type Life } from "./stage.ts";
import { type Surroundings, scriptedModel, worldTools } from "./surroundings.ts";

/** What a process is born with. */
export interface Birth extends Omit<Surroundings, "kill"> {
  readonly server: TestInngest;
  readonly engine: Backend;
  readonly inspector: Store;
  readonly kill: (life: Life) => void;
  /** Told who sends the message that is about to leave. */
  readonly sends: (who: Actor | undefined) => void;
}

/** A process: a store of its own, a client of its own, the agent as it is deployed now. */
export interface Process {
  readonly life: Life;
  readonly store: Store;
  readonly agent: InngestAgent;
  /** The agent whose run it is. */
  readonly agentOf: (runId: string) => InngestAgent;
  /** The SDK's handler for requests of the server. */
  readonly handle: (request: Request) => Promise<Response>;
}

export function bear(birth: Birth, name: string, renamed: boolean): Process {
  const { stage, faults, ledger, script, defect, inspector } = birth;
  const skew = stage.random.next() < 0.2 ? (stage.random.below(3) - 1) * 90_000 : 0;
  const life: Life = { name, alive: true, skew };
  const kill = (): void => birth.kill(life);
  const around = { stage, faults, ledger, script, defect, kill };
  const stallMs = script.silenceMs * 3;
  const shaky = shakyBackend(birth.engine, {
    stage,
    faults,
    ledger,
    inspector,
    life,
    kill,
    stallMs,
  });
  const backend = { ...shaky, ...defect?.backend?.(shaky) };
  const right = createStore({ backend });
  const store = { ...right, ...defect?.store?.(right) };
  const inngest = clientOf(birth);
  const { agent, runner } = agentsOf(around, renamed, {
    inngest,
    store,
    ...settingsOf(script),
  });
  const functions = begunByWorld([...agent.functions, ...(runner?.functions ?? [])]);
  return {
    life,
    store,
    agent,
    agentOf: (runId) => (runner && isSpawned(runId) ? runner : agent),
    handle: serve({ client: inngest, functions }),
  };
}

/** The agent as it is deployed, and the one whose runs its calls start. */
function agentsOf(
  around: Surroundings,
  renamed: boolean,
  settings: Parameters<typeof runnerOf>[2],
): { readonly agent: InngestAgent; readonly runner: InngestAgent | undefined } {
  const { script, defect } = around;
  const runner = script.spawns ? runnerOf(around, renamed, settings) : undefined;
  const loop = agentOf(around, renamed, runner);
  const agent = createInngestAgent({ ...settings, agent: { ...loop, ...defect?.agent?.(loop) } });
  return { agent, runner };
}

/** How the script has the agent's runs worked on. */
function settingsOf({
  whenBusy,
  silenceMs,
  upkeep,
  ttlMs,
  waitMs,
  continueAt,
  streams,
}: Script): Partial<InngestAgentOptions> {
  return {
    whenBusy,
    silenceMs,
    trustEvents: true,
    upkeep: upkeep ? {} : false,
    ...(ttlMs === undefined ? {} : { approvalTtlMs: ttlMs }),
    ...(waitMs === undefined ? {} : { waitInRun: { timeoutMs: waitMs } }),
    ...(continueAt === undefined ? {} : { continueAt: { steps: continueAt } }),
    ...(streams ? {} : { publishers: [] }),
  };
}

function agentOf(
  around: Surroundings,
  renamed: boolean,
  runner: InngestAgent | undefined,
): DurableAgent {
  const { resumeWhen, below } = around.script;
  return createAgentLoop({
    name: "support",
    model: scriptedModel(around),
    tools: {
      ...worldTools(around, renamed),
      ...(below ? { clerk: clerkTool(around, renamed) } : {}),
      ...(runner
        ? { runner: spawn(runner, { description: "Starts what the script wants." }) }
        : {}),
    },
    resumeWhen,
  });
}

/** A client whose messages wait their turn on the way out and on the way back. */
function clientOf({ server, stage, script, defect, sends }: Birth): Inngest.Any {
  const { checkpointing } = script;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const path = new URL(request.url).pathname;
    if (path === "/fn/register") return as(undefined, () => server.fetch(request));
    const sent = await changed(request, path, defect);
    if (sent === undefined) return Response.json({ ids: ["none"], status: 200 });
    const [, , kind = ""] = path.split("/");
    await stage.pass(`send ${kind}`);
    sends(actor());
    const response = await as(undefined, () => server.fetch(sent));
    await stage.pass(`sent ${kind}`);
    return response;
  };
  const client = new Inngest({
    id: "app",
    checkpointing,
    logger: quietLogger,
    isDev: true,
    baseUrl: server.baseUrl,
    eventKey: "test",
    fetch,
  });
  return client;
}

/** A request as a defect lets it leave. */
async function changed(
  request: Request,
  path: string,
  defect: Defect | undefined,
): Promise<Request | undefined> {
  if (!path.startsWith("/e/") || defect?.leaving === undefined) return request;
  const events = (await request.json()) as Leaving | readonly Leaving[];
  const list: readonly Leaving[] = Array.isArray(events) ? events : [events as Leaving];
  const left = list.flatMap((event) => defect.leaving?.(event) ?? []);
  if (left.length === 0) return undefined;
  return new Request(request.url, {
    method: "POST",
    headers: request.headers,
    body: JSON.stringify(left),
  });
}

/** Nobody is there. */
export function refused(): never {
  throw new ConnectionLostError("Connection refused.");
}

const quietLogger = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
};
