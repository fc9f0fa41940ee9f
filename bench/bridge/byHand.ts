import { createRequire } from "node:module";
import type { Inngest } from "inngest";
import { said, tools } from "./work.ts";

/** The part of better-sqlite3 that is used here. */
export interface Database {
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

/** A database with a table of messages, in the file format and at the durability of our store. */
export function handMade(path: string): Database {
  const database = new BetterSqlite3(path);
  database.exec("pragma journal_mode = wal; pragma synchronous = full");
  database.exec(
    "create table message (thread text, id text, body text, primary key (thread, id)) without rowid",
  );
  return database;
}

/** The function that a team writes without us: the same twelve steps, each message in a row of its own, all of them read for each model call. */
export function byHand(inngest: Inngest.Any, database: Database, event: string) {
  const insert = database.prepare("insert or ignore into message values (?, ?, ?)");
  const read = database.prepare("select body from message where thread = ? order by id");
  const keep = (thread: string, id: string, value: unknown): void => {
    insert.run(thread, id, JSON.stringify(value));
  };
  return inngest.createFunction(
    { id: "hand", retries: 3, triggers: [{ event }] },
    async ({ event: { data }, step }) => {
      const { threadId, prompt } = data as { threadId: string; prompt: string };
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
