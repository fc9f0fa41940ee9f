import type { EngineName } from "./contract.ts";

/** What a test can stand on: an engine, or a program that goes with one. */
export type Ground = EngineName | "pgbouncer" | "chromium";

declare module "vitest" {
  interface ProvidedContext {
    /** A Postgres where one may create databases and schemas. Nobody answers there when it is left out. */
    postgresUrl: string;
    /** A Redis. Nobody answers there when it is left out. */
    redisUrl: string;
    /** The endpoint of a DynamoDB Local. Nobody answers there when it is left out. */
    dynamodbUrl: string;
    /** The program of a browser. Empty when it is left out. */
    chromium: string;
    /** Why each of these is left out. */
    leftOut: Readonly<Partial<Record<Ground, string>>>;
  }
}
