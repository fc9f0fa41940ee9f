// For `globalSetup` of vitest: the engines are there before the first test, and their URLs are `inject("postgresUrl")`, `inject("redisUrl")` and `inject("dynamodbUrl")`.
import type { TestProject } from "vitest/node";
import type { EngineName } from "./contract.ts";
import { DYNAMODB_ENV } from "./dynamodb.ts";
import { engine } from "./engine.ts";
import type { Ground } from "./ground.ts";
import { leftOut } from "./leftOut.ts";
import { pgbouncerMissing } from "./pgbouncer.ts";

/** A setup that finds these engines, and with Postgres a pgbouncer; its teardown ends what it started. */
export function setupOf(
  ...names: readonly EngineName[]
): (project: TestProject) => Promise<() => Promise<void>> {
  return async (project) => {
    await using started = new AsyncDisposableStack();
    const out: Partial<Record<Ground, string>> = {};
    for (const name of names) {
      const reason = leftOut(name);
      if (reason !== undefined) out[name] = reason;
      const found = reason === undefined ? started.use(await engine(name)) : undefined;
      project.provide(`${name}Url`, found?.url ?? `${name}://left-out.invalid`);
    }
    // For stores that are opened by a URL: what starts after this has our environment.
    if (names.includes("dynamodb")) Object.assign(process.env, { ...DYNAMODB_ENV, ...process.env });
    const bouncer = names.includes("postgres") ? await pgbouncerMissing() : undefined;
    project.provide("leftOut", bouncer === undefined ? out : { ...out, pgbouncer: bouncer });
    const owned = started.move();
    return () => owned.disposeAsync();
  };
}

/** All engines. */
export const setup: ReturnType<typeof setupOf> = setupOf("postgres", "redis", "dynamodb");
