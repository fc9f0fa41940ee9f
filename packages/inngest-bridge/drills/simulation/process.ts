import { type Backend, createStore } from "@perdure/checkpoint-core";
import { Inngest } from "inngest";
import { serve } from "inngest/edge";
import {
  createAgentLoop,
  createInngestAgent,
  type DurableAgent,
  type InngestAgentOptions,
  spawn,
} from "../../src/index.ts";
import { ConnectionLostError } from "../../src/testing/errors.ts";
import type { TestInngest } from "../../src/testing/index.ts";
import type { Defect, Leaving } from "./defect.ts";
import { begunByWorld } from "./begun.ts";
import { clerkTool } from "./clerk.ts";
import { crossesIn, hears } from "./crossing.ts";
import { handFunctions } from "./hand.ts";
import type { Agents, Desk, House } from "./house.ts";
import { runnerOf } from "./runner.ts";
import { shakyBackend } from "./shakyBackend.ts";
import type { Script } from "./script.ts";
import { type Actor, actor, as, type Life } from "./stage.ts";
import { type Surroundings, scriptedModel, worldTools } from "./surroundings.ts";

/** What a process is born with. */
export interface Birth extends Omit<Surroundings, "kill" | "house"> {
  readonly houses: readonly [House, ...House[]];
  readonly server: TestInngest;
  readonly engine: Backend;
  readonly kill: (life: Life) => void;
  /** Told who sends the message that is about to leave. */
  readonly sends: (who: Actor | undefined) => void;
}

/** A process: a store of its own, a client of its own, the agents as they are deployed now. */
export interface Process extends Desk {
  readonly life: Life;
  /** The SDK's handler for requests of the server. */
  readonly handle: (request: Request) => Promise<Response>;
}

export function bear(birth: Birth, name: string, renamed: boolean): Process {
  const { stage, faults, script, defect, houses } = birth;
  const skew = stage.random.next() < 0.2 ? (stage.random.below(3) - 1) * 90_000 : 0;
  const life: Life = { name, alive: true, skew };
  const kill = (): void => birth.kill(life);
  const house = (): House => houses.find(({ tenant }) => tenant === actor()?.tenant) ?? houses[0];
  const around = { stage, faults, script, house, defect, kill };
  const stallMs = script.silenceMs * 3;
  const shaky = shakyBackend(birth.engine, { stage, faults, houses, house, life, kill, stallMs });
  const backend = { ...shaky, ...defect?.backend?.(shaky) };
  const right = createStore({ backend });
  const store = { ...right, ...defect?.store?.(right) };
  const street = { houses, house };
  const inngest = clientOf(birth, (events) => crossesIn(street, events));
  const agents = agentsOf(around, renamed, {
    inngest,
    store,
    ...settingsOf(script),
    ...(houses[0].tenant === undefined ? {} : { onFinish: (ended) => hears(street, ended) }),
  });
  const { support, runner } = agents;
  const byHand = script.byHand
    ? handFunctions(around, { inngest, store, agent: handAgent(around, renamed) })
    : [];
  const functions = begunByWorld([...support.functions, ...(runner?.functions ?? []), ...byHand]);
  return { life, store, agents, handle: serve({ client: inngest, functions }) };
}

/** The agent as it is deployed, and the one whose runs its calls start. */
function agentsOf(
  around: Surroundings,
  renamed: boolean,
  settings: Parameters<typeof runnerOf>[2],
): Agents {
  const { script, defect } = around;
  const runner = script.spawns || script.others ? runnerOf(around, renamed, settings) : undefined;
  const loop = agentOf(around, renamed, runner);
  const agent = { ...loop, ...defect?.agent?.(loop) };
  return { support: createInngestAgent({ ...settings, agent }), runner };
}

/** The agent in functions that somebody has written: one of its own name, or a namesake of the app's. */
function handAgent(around: Surroundings, renamed: boolean): DurableAgent {
  const { byHand, below, resumeWhen } = around.script;
  return createAgentLoop({
    name: byHand ?? "hand",
    model: scriptedModel(around),
    tools: {
      ...worldTools(around, renamed),
      ...(below ? { clerk: clerkTool(around, renamed) } : {}),
    },
    resumeWhen,
  });
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
  runs,
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
    ...(runs.some(({ tenant }) => tenant !== undefined) ? OF_TENANTS : {}),
  };
}

/** Its events say whose they are. */
const OF_TENANTS: Partial<InngestAgentOptions> = {
  scope: ({ data }) => ({ tenant: data["tenant"] as string }),
  requestContext: ({ data }) => data["tenant"],
};

function agentOf(around: Surroundings, renamed: boolean, runner: Agents["runner"]): DurableAgent {
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
function clientOf(
  { server, stage, script, defect, sends }: Birth,
  tells: (events: readonly Leaving[]) => void,
): Inngest.Any {
  const { checkpointing } = script;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const path = new URL(request.url).pathname;
    if (path === "/fn/register") return as(undefined, () => server.fetch(request));
    const leaving = path.startsWith("/e/") ? await eventsIn(request) : [];
    tells(leaving);
    const sent = changed(request, leaving, defect);
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

async function eventsIn(request: Request): Promise<readonly Leaving[]> {
  const events = (await request.clone().json()) as Leaving | readonly Leaving[];
  return Array.isArray(events) ? events : [events as Leaving];
}

/** A request as a defect lets it leave; none where nothing of it does. */
function changed(
  request: Request,
  events: readonly Leaving[],
  defect: Defect | undefined,
): Request | undefined {
  if (events.length === 0 || defect?.leaving === undefined) return request;
  const left = events.flatMap((event) => defect.leaving?.(event) ?? []);
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
