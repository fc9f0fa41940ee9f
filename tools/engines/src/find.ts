import { silenceOf } from "./answers.ts";
import { folderOf } from "./binaries.ts";
import { dockerContainer } from "./container.ts";
import {
  type Engine,
  EngineError,
  type EngineName,
  type Origin,
  type OwnServer,
} from "./contract.ts";
import { dockerAnswers } from "./docker.ts";
import { kept } from "./kept.ts";
import { leftOut } from "./leftOut.ts";
import { installPackage, installsPackages } from "./packages.ts";
import type { ServerPlan, Settings } from "./plan.ts";
import { FAST_POSTGRES, POSTGRES_PROGRAMS, postgresPlan } from "./postgres.ts";
import { REDIS_PROGRAMS, redisPlan } from "./redis.ts";

/** What is known of each engine: the words for people, and how it is run where its programs are. */
const KINDS: Readonly<Record<EngineName, Kind>> = {
  postgres: {
    label: "Postgres",
    variable: "PERDURE_POSTGRES_URL",
    programs: POSTGRES_PROGRAMS,
    debian: "postgresql",
    plan: postgresPlan,
    fast: FAST_POSTGRES,
  },
  redis: {
    label: "Redis",
    variable: "PERDURE_REDIS_URL",
    programs: REDIS_PROGRAMS,
    debian: "redis-server",
    plan: redisPlan,
    fast: {},
  },
};

interface Kind {
  readonly label: string;
  readonly variable: string;
  readonly programs: readonly string[];
  readonly debian: string;
  readonly plan: (folder: string, settings: Settings) => ServerPlan;
  /** Settings of a server whose content nobody will miss. */
  readonly fast: Settings;
}

/** The variable of the environment that holds the engine's URL. */
export function variableOf(name: EngineName): string {
  return KINDS[name].variable;
}

/** Finds or starts an engine; a new server each time, save where the environment names one. Throws an `EngineError` of one sentence when it can't be had, or is left out. */
export async function find(name: EngineName, env: NodeJS.ProcessEnv): Promise<Engine> {
  const { variable, label, fast } = KINDS[name];
  const out = leftOut(name, env);
  if (out !== undefined) throw new EngineError(`${label} is left out: ${out}.`);
  const url = env[variable];
  if (url !== undefined && url !== "") {
    const silence = await silenceOf(name, url);
    if (silence !== undefined)
      throw new EngineError(`${variable} names a server that does not answer: ${silence}`);
    return { name, url, origin: "environment", async [Symbol.asyncDispose]() {} };
  }
  const { server, origin } = await start(name, fast, env);
  return {
    name,
    url: server.url,
    origin,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Starts a server in Docker, on this machine's programs, or on those of a package that it installs: the first that can be. */
export async function start(
  name: EngineName,
  settings: Settings,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly server: OwnServer; readonly origin: Origin }> {
  const { label, variable, programs, debian, plan } = KINDS[name];
  const tried: string[] = [];
  if (await dockerAnswers(env))
    try {
      return { server: await dockerContainer(name, settings), origin: "docker" };
    } catch (error) {
      tried.push(`Docker: ${(error as Error).message}`);
    }
  const here = folderOf(programs, env["PATH"]);
  if (here !== undefined) return { server: await kept(plan(here, settings)), origin: "binaries" };
  if (installsPackages(env)) {
    const failed = await installPackage(debian, env);
    const installed = folderOf(programs, env["PATH"]);
    if (installed !== undefined)
      return { server: await kept(plan(installed, settings)), origin: "system packages" };
    tried.push(`apt-get install ${debian}: ${failed ?? "it holds no server"}`);
  }
  const why = tried.length === 0 ? "" : ` (tried: ${tried.join("; ")})`;
  throw new EngineError(
    `No ${label} here${why}: name one in ${variable}, start Docker, or install it (Debian: ${debian}); PERDURE_WITHOUT=${name} leaves its tests out.`,
  );
}
