import { readdirSync, readFileSync } from "node:fs";
import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { historySession } from "../src/openai-agents/index.ts";

type Row = Readonly<Record<string, string>>;

const opens = "is opened with options";

/** What each public function says that is called with nothing, by package and subpath: that it needs the first thing that it needs. */
const NEEDS: Readonly<Record<string, Row>> = {
  "agent-adapters/agentkit": {
    agentKitAgent: "needs a network or an agent",
    agentKitFunctions: "needs inngest.",
    agentKitHistory: "needs store.",
    agentKitMemory: "needs inngest.",
    createInngestAgent: "needs agent.",
    durableTool: "needs tool.",
    networkResult: "needs ended.",
    runAgent: "needs agent.",
    storeStreaming: "needs store.",
    waitForDecision: "is called in a tool of a run",
  },
  "agent-adapters/ai-sdk": {
    aiSdkAgent: "needs name.",
    approvalResponses: "needs message.",
    durableModel: "needs model.",
    durableTool: "needs tool.",
    durableTools: "needs tools.",
    modelMessageHistory: "needs store.",
    modelMessagesOf: "needs values.",
    toUIMessageStream: "needs fullStream.",
    uiMessageHistory: "needs store.",
  },
  "agent-adapters/ai-sdk/inngest": { createInngestAgent: "needs agent." },
  "agent-adapters/langgraph": {
    LangGraphSaver: "needs store.",
    langGraphAgent: "needs a name.",
    moveThread: "needs from.",
  },
  "agent-adapters/langgraph/inngest": { createInngestAgent: "needs agent." },
  "agent-adapters/mastra": {
    StoreServerCache: "needs store.",
    claimResumes: "needs agent.",
    mastraAgent: "needs an Agent",
    mastraStorage: "needs store.",
  },
  "agent-adapters/mastra/inngest": {
    createInngestAgent: "needs options.",
    createServe: "needs adapter.",
    serve: "needs mastra.",
  },
  "agent-adapters/openai-agents": {
    durableModel: "needs model.",
    durableModels: "needs provider.",
    durableTool: "needs execute.",
    historySession: "needs store.",
    itemsOf: "needs values.",
    openAIAgent: "needs an Agent",
  },
  "agent-adapters/openai-agents/inngest": { createInngestAgent: "needs agent." },
  "agent-adapters/use-agent": { useAgentRoutes: "needs options." },
  "agent-adapters/use-agent/realtime": {
    useAgentPublisher: "needs inngest.",
    userChannel: "needs scope.",
  },
  "agent-adapters/ziro": {
    createInngestAgent: "needs agent.",
    durableModel: "needs model.",
    resumeAsStep: "needs step.",
    runAsStep: "needs step.",
    ziroAgent: "needs agent",
  },
  "checkpoint-core": {
    StoreCheckpointer: "needs store.",
    copyStore: "was not made by this package's createStore",
    createStore: "needs a `backend`",
    historyConfig: "needs store.",
    openStore: "A store's URL begins with one of",
    ownedHistory: "needs store.",
    runAgent: "needs agent.",
    saveStateData: "needs store.",
    savedStateData: "needs store.",
  },
  "checkpoint-dynamodb": {
    DynamoCheckpointer: opens,
    dynamoBackend: "needs options.",
    dynamoHistory: opens,
    dynamoStore: opens,
  },
  "checkpoint-postgres": {
    PostgresCheckpointer: opens,
    postgresBackend: "needs options.",
    postgresHistory: opens,
    postgresStore: opens,
  },
  "checkpoint-redis": {
    RedisCheckpointer: opens,
    fromIoRedis: "`client` is no `Redis`",
    redisBackend: "needs options.",
    redisHistory: opens,
    redisStore: opens,
  },
  "checkpoint-sqlite": {
    SqliteCheckpointer: opens,
    sqliteBackend: "needs options.",
    sqliteHistory: opens,
    sqliteStore: opens,
  },
  "inngest-bridge": {
    asStep: "needs tool.",
    claimCheck: "needs store.",
    createAgentLoop: "needs options.",
    createInngestAgent: "needs { inngest, agent, store }.",
    createServe: "needs adapter.",
    createUpkeep: "needs inngest.",
    defineTool: "needs tool.",
    delegate: "needs an agent",
    durable: "was called where no step can be made",
    durableModel: "A durable model is a function.",
    durableTool: "needs tool.",
    finalizeRun: "needs result.",
    inferredModel: "needs model.",
    inngestTool: "needs function.",
    localAgent: "needs agent.",
    memoryTools: "needs inngest.",
    openAIModel: "needs options.",
    pricesFrom: "needs calcPrice.",
    publishToAll: "needs publishers.",
    realtimePublisher: "needs inngest.",
    refusalsOf: "needs store.",
    resumeAsStep: "needs step.",
    runAsStep: "needs step.",
    runLocally: "needs agent.",
    schedule: "An agent of createInngestAgent is needed.",
    serve: "needs client.",
    spawn: "An agent of createInngestAgent is needed.",
    withStep: "needs tools.",
  },
};

/** Functions that frameworks and pages call, those by which the packages are made of each other, and some that need nothing. Errors are none of these. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  "agent-adapters/agentkit": ["currentCall"],
  "agent-adapters/ai-sdk": ["currentCall", "durableCalls"],
  "agent-adapters/mastra": ["currentCall"],
  "agent-adapters/mastra/inngest": ["isInngestAgent"],
  "agent-adapters/openai-agents": ["currentCall"],
  "agent-adapters/use-agent": ["AgentKitChunks"],
  "agent-adapters/use-agent/client": ["liveAgent", "realtimeAgent"],
  "agent-adapters/ziro": ["currentCall"],
  "checkpoint-core": [
    "apart",
    "checkGiven",
    "decodeText",
    "digestOf",
    "encodeId",
    "encodeText",
    "isStorageError",
    "holdingBack",
    "isStore",
    "keyAt",
    "mayBeOfLife",
    "memoryBackend",
    "oneByOne",
    "ordinalKey",
    "partitionName",
    "prefixRange",
    "processNotifier",
    "runOfEntry",
    "turnEntries",
  ],
  "checkpoint-postgres": ["postgresSchema"],
  "inngest-bridge": [
    "ShownRun",
    "budgetExceededIn",
    "currentStep",
    "isInngestAgent",
    "perdureMiddleware",
    "resumeEventType",
    "runChannel",
    "runEventType",
    "storePublisher",
    "streamOf",
  ],
};

/** What is loaded where there is no Inngest is a part of what is above; the kit and the Inngest of tests are not of this table. */
const APART = ["/agent", "/conformance", "/testing"];

interface Public {
  readonly where: string;
  readonly name: string;
  readonly call: () => unknown;
}

const packages = new URL("../../", import.meta.url);

/** Every function and class that the packages export, called with nothing. */
async function everything(): Promise<readonly Public[]> {
  const all: Public[] = [];
  for (const folder of readdirSync(packages)) {
    const manifest = readFileSync(new URL(`${folder}/package.json`, packages), "utf8");
    const { exports } = JSON.parse(manifest) as { readonly exports: Row };
    for (const [subpath, source] of Object.entries(exports)) {
      if (APART.some((end) => subpath.includes(end) && subpath !== "./agentkit")) continue;
      const found = (await import(new URL(`${folder}/${source}`, packages).href)) as object;
      const where = `${folder}${subpath.slice(1)}`;
      for (const [name, value] of Object.entries(found) as [string, unknown][])
        if (typeof value === "function" && !/^[A-Z].*Error$/.test(name))
          all.push({ where, name, call: called(value as Callable) });
    }
  }
  return all;
}

type Callable = { (): unknown; new (): unknown };

function called(value: Callable): () => unknown {
  const isClass = Function.prototype.toString.call(value).startsWith("class ");
  return isClass ? () => new value() : () => value();
}

/** What is said of it: the code of the error, and its message. */
async function saidBy(call: () => unknown): Promise<string> {
  try {
    await call();
    return "nothing";
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    return `${code ?? (error as Error).name}: ${message}`;
  }
}

const all = await everything();

test("the table names public functions that there are", () => {
  const inTable = [...Object.entries(NEEDS), ...Object.entries(OTHERS)].flatMap(([where, names]) =>
    (Array.isArray(names) ? names : Object.keys(names)).map((name) => `${where} ${name}`),
  );
  const there = new Set(all.map(({ where, name }) => `${where} ${name}`));
  expect(inTable.filter((one) => !there.has(one))).toEqual([]);
});

const rows = all.flatMap(({ where, name, call }) => {
  const needs = NEEDS[where]?.[name];
  return needs === undefined ? [] : [{ where, name, call, needs }];
});

test.for(rows)("$where: $name called with nothing $needs", async ({ call, needs }) => {
  const said = await saidBy(call);
  expect(said).toMatch(/^INVALID_ARGUMENT: /);
  expect(said).toContain(needs);
});

function session(given: unknown, threadId = "t"): unknown {
  return historySession(given as never, threadId);
}

const unnamed = all.filter(
  ({ where, name }) => NEEDS[where]?.[name] === undefined && !OTHERS[where]?.includes(name),
);

test("a public function that is not in the table says by a typed error what it needs, or needs nothing", async () => {
  const said = await Promise.all(
    unnamed.map(async ({ where, name, call }) => `${where} ${name}: ${await saidBy(call)}`),
  );
  expect(said.filter((one) => !/: nothing$|: INVALID_ARGUMENT: /.test(one))).toEqual([]);
});

test("what is no store is refused as one, also a promise of one", () => {
  const store = createStore({ backend: memoryBackend() });
  expect(() => session(Promise.resolve(store))).toThrow("await what openStore gives");
  expect(() => session({ path: "agents.db" })).toThrow("The store of historySession is none");
  expect(() => session(store, "")).toThrow("historySession needs threadId.");
  expect(() => session(store, 7 as never)).toThrow("The threadId of historySession must be a text");
  expect(session(store)).toBeDefined();
});
