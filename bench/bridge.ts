import { createRequire } from "node:module";
import { join } from "node:path";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { createAgentLoop, createInngestAgent, type ModelResponse } from "@perdure/inngest-bridge";
import { createTestInngest, type TestInngest } from "@perdure/inngest-bridge/testing";
import type { Inngest } from "inngest";
import { type Alternative, interleaved, median } from "./measure.ts";
import { newMessage } from "./message.ts";
import type { Row } from "./table.ts";

/** The part of better-sqlite3 that is used here. */
interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(...values: readonly string[]): unknown;
    all(...values: readonly string[]): unknown[];
  };
  close(): void;
}

const BetterSqlite3 = createRequire(import.meta.url)("better-sqlite3") as new (
  path: string,
) => Database;

const CALLS = 5;
const ROUNDS = { warmUp: 30, repetitions: 120 };

/**
 * A run of five tool calls of 1 KB, twelve steps, on the in-process Inngest: our loop on SQLite beside a function written by hand with the same steps, which keeps each message in a table of
 * its own in the same file format and at the same durability, and reads them for each model call. With the streams' publisher and without.
 */
export async function bridgeRows(folder: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const checkpointing of [true, false])
    rows.push(...(await rowsWith(join(folder, `bridge-${checkpointing}`), checkpointing)));
  return rows;
}

async function rowsWith(path: string, checkpointing: boolean): Promise<readonly Row[]> {
  await using opened = new AsyncDisposableStack();
  const database = opened.adopt(new BetterSqlite3(`${path}-hand.db`), async (it) => it.close());
  const store = opened.use(sqliteStore({ path: `${path}.db` }));
  const world = async (
    functions: (inngest: Inngest.Any) => Parameters<TestInngest["register"]>[0],
  ): Promise<TestInngest> => {
    const server = createTestInngest({ recordBodies: false });
    const inngest = server.client({ id: "bench", checkpointing });
    await server.register(functions(inngest));
    return server;
  };
  const ours = (id: string, silent: boolean) => (inngest: Inngest.Any) => ({
    client: inngest,
    functions: createInngestAgent({
      inngest,
      agent: loop,
      store: store.for({ tenant: id }),
      ...(silent ? { publishers: [] } : {}),
    }).functions,
  });
  const servers = {
    bridge: await world(ours("heard", false)),
    silent: await world(ours("silent", true)),
    hand: await world((inngest) => ({ client: inngest, functions: [byHand(inngest, database)] })),
  };
  const { bridge, silent, hand } = servers;
  const times = await interleaved(
    { bridge: runOn(bridge), silent: runOn(silent), hand: runOn(hand) },
    ROUNDS,
  );
  const mode = `checkpointing ${checkpointing ? "on" : "off"}`;
  const against = { raw: times.hand, unit: "µs" } as const;
  return [
    { what: `12 steps, nobody told (${mode})`, ours: times.silent, ...against, aim: 1.2 },
    { what: `12 steps, with a stream (${mode})`, ours: times.bridge, ...against },
    {
      what: `their requests (${mode})`,
      ours: requestsOn(bridge),
      raw: requestsOn(hand),
      unit: "requests",
      atMost: 1,
    },
  ];
}

const tools = {
  work: {
    description: "Works.",
    parameters: { type: "object" },
    execute: () => newMessage(),
  },
};

/** What the model says in a turn, at once. */
function said(turn: number): ModelResponse {
  if (turn > CALLS) return { text: "done" };
  return { text: "", toolCalls: [{ id: `c${turn}`, name: "work", input: { turn } }] };
}

const loop = createAgentLoop({ name: "bench", model: ({ turn }) => said(turn), tools });

function byHand(inngest: Inngest.Any, database: Database) {
  database.exec("pragma journal_mode = wal; pragma synchronous = full");
  database.exec(
    "create table message (thread text, id text, body text, primary key (thread, id)) without rowid",
  );
  const insert = database.prepare("insert or ignore into message values (?, ?, ?)");
  const read = database.prepare("select body from message where thread = ? order by id");
  const keep = (thread: string, id: string, value: unknown): void => {
    insert.run(thread, id, JSON.stringify(value));
  };
  return inngest.createFunction(
    { id: "hand", retries: 3, triggers: [{ event: "ziro/agent.run.requested" }] },
    async ({ event, step }) => {
      const { threadId, prompt } = event.data as { threadId: string; prompt: string };
      await step.run("begin", () => keep(threadId, "00", { role: "user", content: prompt }));
      for (let turn = 1; ; turn += 1) {
        const { text, toolCalls = [] } = await step.run(`think:${turn}`, () => {
          const messages = (read.all(threadId) as { body: string }[]).map(({ body }) =>
            JSON.parse(body),
          );
          const answer = messages.length > 0 ? said(turn) : { text: "" };
          keep(threadId, `${turn}0`, answer);
          return answer;
        });
        if (toolCalls.length === 0) return { text };
        for (const { id } of toolCalls)
          await step.run(`tool:${turn}:${id}`, () => {
            const result = tools.work.execute();
            keep(threadId, `${turn}1`, result);
            return { bytes: JSON.stringify(result).length };
          });
      }
    },
  );
}

/** One run, from its event to its end. */
function runOn(server: TestInngest): Alternative {
  return async (repetition) => {
    const data = { threadId: `t${repetition}`, prompt: "go" };
    await server.send({ name: "ziro/agent.run.requested", data });
    await server.settle();
  };
}

/** Requests that a run takes, in the middle. Throws where one has not ended well. */
function requestsOn(server: TestInngest): number {
  const runs = server.runs().filter(({ event }) => event.name === "ziro/agent.run.requested");
  const broken = runs.find(({ status }) => status !== "Completed");
  if (broken) throw new Error(`A run is ${broken.status}: ${broken.error?.message ?? ""}`);
  return median(runs.map(({ requests }) => requests));
}
