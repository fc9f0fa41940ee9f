import { Redis } from "ioredis";
import { Client } from "pg";
import type { EngineName } from "./contract.ts";

/** How long a server that somebody named may take to answer. */
const PATIENCE = 10_000;

/** Why this URL is not one of a server that answers; `undefined` when it is. */
export async function silenceOf(name: EngineName, url: string): Promise<string | undefined> {
  try {
    await ASK[name](url);
    return undefined;
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return message || code || "no answer"; // A refused connection to several addresses has no message.
  }
}

const ASK: Readonly<Record<EngineName, (url: string) => Promise<void>>> = {
  postgres: askPostgres,
  redis: askRedis,
  dynamodb: askDynamodb,
};

/** Any answer will do: without a signature it is a refusal. */
async function askDynamodb(url: string): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
  await answer.arrayBuffer();
}

async function askPostgres(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: PATIENCE });
  client.on("error", () => {}); // It ends with this question.
  try {
    await client.connect();
    await client.query("select 1");
  } finally {
    await client.end().catch(() => {});
  }
}

async function askRedis(url: string): Promise<void> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: PATIENCE,
    commandTimeout: PATIENCE,
    maxRetriesPerRequest: 0,
    retryStrategy: () => undefined,
  });
  client.on("error", () => {}); // `connect` rejects with it.
  try {
    await client.connect();
    await client.ping();
  } finally {
    client.disconnect();
  }
}
