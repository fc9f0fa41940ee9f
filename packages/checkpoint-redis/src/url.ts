import { StorageError } from "@perdure/checkpoint-core";

/** A server, in the words of ioredis' options. */
export interface Server {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly family?: number;
  readonly tls?: object;
}

/** What a URL says. */
export interface Named {
  readonly server: Server;
  readonly cluster: boolean;
  readonly keyPrefix?: string;
}

/** What the query of a URL may say, and how. */
const parameters: ReadonlyMap<string, RegExp> = new Map([
  ["keyPrefix", /^/],
  ["family", /^[46]$/],
  ["cluster", /^(?:true|false)$/],
]);

/** The server of `redis://user:password@host:6379/0?family=6`, or of `rediss://…`; `INVALID_ARGUMENT` for what is no such URL, or says more than is understood. */
export function namedBy(url: unknown): Named {
  const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === "")
    throw invalid("A Redis URL is redis://host:6379, or rediss://host:6379 for TLS.");
  if (parsed.hash !== "") throw invalid("A Redis URL has no fragment.");
  const query = queryOf(parsed.searchParams);
  const keyPrefix = query.get("keyPrefix");
  const named = {
    server: serverOf(parsed, query.get("family")),
    cluster: query.get("cluster") === "true",
  };
  if (named.cluster && named.server.db !== undefined)
    throw invalid("A Redis Cluster has one database: its URL names none.");
  return keyPrefix === undefined ? named : { ...named, keyPrefix };
}

function queryOf(query: URLSearchParams): ReadonlyMap<string, string> {
  for (const [name, value] of query) {
    const form = parameters.get(name);
    if (!form)
      throw invalid(
        `A Redis URL has no parameter \`${name}\`: it has ${[...parameters.keys()].join(", ")}.`,
      );
    if (!form.test(value) || query.getAll(name).length > 1)
      throw invalid(`\`${name}\` of a Redis URL cannot be ${JSON.stringify(value)}.`);
  }
  return new Map(query);
}

function serverOf(url: URL, family: string | undefined): Server {
  const db = databaseOf(url.pathname);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 6379 : Number(url.port),
    ...(url.username === "" ? {} : { username: decoded(url.username) }),
    ...(url.password === "" ? {} : { password: decoded(url.password) }),
    ...(db === undefined ? {} : { db }),
    ...(family === undefined ? {} : { family: Number(family) }),
    ...(url.protocol === "rediss:" ? { tls: {} } : {}),
  };
}

function databaseOf(pathname: string): number | undefined {
  if (pathname === "" || pathname === "/") return undefined;
  const number = /^\/(\d{1,9})$/.exec(pathname)?.[1];
  if (number === undefined) throw invalid("The path of a Redis URL is the number of a database.");
  return Number(number);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw invalid("The user or the password of a Redis URL is not percent-encoded.", error);
  }
}

function invalid(message: string, cause?: unknown): StorageError {
  return new StorageError("INVALID_ARGUMENT", message, cause === undefined ? {} : { cause });
}
