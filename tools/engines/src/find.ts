import { silenceOf } from "./answers.ts";
import { folderOf } from "./binaries.ts";
import { containerServer } from "./container.ts";
import {
  type Engine,
  EngineError,
  type EngineName,
  type Origin,
  type OwnServer,
} from "./contract.ts";
import { dockerAnswers } from "./docker.ts";
import { DYNAMODB_PROGRAMS, dynamodbPlan, FAST_DYNAMODB } from "./dynamodb.ts";
import { kept } from "./kept.ts";
import { leftOut } from "./leftOut.ts";
import type { Machine } from "./machine.ts";
import { installPackage, installsPackages } from "./packages.ts";
import { MissingPart, type ServerPlan, type Settings } from "./plan.ts";
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
  dynamodb: {
    label: "DynamoDB Local",
    variable: "PERDURE_DYNAMODB_ENDPOINT",
    programs: DYNAMODB_PROGRAMS,
    debian: "maven",
    plan: dynamodbPlan,
    fast: FAST_DYNAMODB,
  },
};

interface Kind {
  readonly label: string;
  readonly variable: string;
  readonly programs: readonly string[];
  readonly debian: string;
  /** Throws a `MissingPart` where it lacks something beside its programs that it cannot fetch. */
  readonly plan: (
    folder: string,
    settings: Settings,
    machine: Machine,
  ) => ServerPlan | Promise<ServerPlan>;
  /** Settings of a server whose content nobody will miss. */
  readonly fast: Settings;
}

/** The variable of the environment that holds the engine's URL. */
export function variableOf(name: EngineName): string {
  return KINDS[name].variable;
}

/** Finds or starts an engine; a new server each time, save where the environment names one. Throws an `EngineError` of one sentence when it can't be had, or is left out. */
export async function find(name: EngineName, machine: Machine): Promise<Engine> {
  const { variable, label, fast } = KINDS[name];
  const out = leftOut(name, machine.env);
  if (out !== undefined) throw new EngineError(`${label} is left out: ${out}.`);
  const url = machine.env[variable];
  if (url !== undefined && url !== "") {
    const silence = await silenceOf(name, url);
    if (silence !== undefined)
      throw new EngineError(`${variable} names a server that does not answer: ${silence}`);
    return { name, url, origin: "environment", async [Symbol.asyncDispose]() {} };
  }
  const { server, origin } = await start(name, fast, machine);
  return {
    name,
    url: server.url,
    origin,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A server that was started, and where it was found. */
interface Started {
  readonly server: OwnServer;
  readonly origin: Way;
}

type Way = Exclude<Origin, "environment">;

/** The way of the shared engines. */
const IN_ORDER: readonly Way[] = ["docker", "binaries", "system packages"];

/** Starts a server in the first of these ways that can be gone. */
export async function start(
  name: EngineName,
  settings: Settings,
  machine: Machine,
  ways: readonly Way[] = IN_ORDER,
): Promise<Started> {
  const { label, variable, debian } = KINDS[name];
  const tried: string[] = [];
  for (const origin of ways) {
    const server = await WAYS[origin](name, settings, machine);
    if (typeof server === "object") return { server, origin };
    if (server !== undefined) tried.push(server);
  }
  const why = tried.length === 0 ? "" : ` (${tried.join("; ")})`;
  throw new EngineError(
    `No ${label} here${why}: name one in ${variable}, start Docker, or install it (Debian: ${debian}); PERDURE_WITHOUT=${name} leaves its tests out.`,
  );
}

/** Each resolves with a server, with why it has none although it should, or with `undefined` where there is no such way. */
const WAYS: Readonly<
  Record<
    Way,
    (
      name: EngineName,
      settings: Settings,
      machine: Machine,
    ) => Promise<OwnServer | string | undefined>
  >
> = {
  async docker(name, settings, { env }) {
    if (!(await dockerAnswers(env))) return undefined;
    try {
      return await containerServer(name, settings);
    } catch (error) {
      return `Docker says: ${(error as Error).message}`;
    }
  },
  async binaries(name, settings, machine) {
    const folder = folderOf(KINDS[name].programs, machine);
    return folder === undefined ? undefined : onPrograms(name, folder, settings, machine);
  },
  async "system packages"(name, settings, machine) {
    if (!installsPackages(machine)) return undefined;
    const { programs, debian } = KINDS[name];
    const failed = await installPackage(debian, machine);
    const folder = folderOf(programs, machine);
    if (folder !== undefined) return onPrograms(name, folder, settings, machine);
    return `apt-get says: ${failed ?? `${debian} holds no server`}`;
  },
};

async function onPrograms(
  name: EngineName,
  folder: string,
  settings: Settings,
  machine: Machine,
): Promise<OwnServer | string> {
  try {
    return await kept(await KINDS[name].plan(folder, settings, machine));
  } catch (error) {
    if (!(error instanceof MissingPart)) throw error;
    return error.message;
  }
}
