import { randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { StartedTestContainer } from "testcontainers";
import { silenceOf } from "./answers.ts";
import type { EngineName, OwnServer } from "./contract.ts";
import { DYNAMODB_VERSION, dynamodbWords } from "./dynamodb.ts";
import { FIRST_PORT, PORTS_END, type Settings } from "./plan.ts";
import { CONNECTIONS, postgresWords } from "./postgres.ts";
import { redisWords } from "./redis.ts";

interface Image {
  readonly image: string;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: (settings: Settings) => string[];
  readonly url: (at: string) => string;
}

const IMAGES: Readonly<Record<EngineName, Image>> = {
  postgres: {
    image: "postgres:17-alpine",
    port: 5432,
    environment: { POSTGRES_HOST_AUTH_METHOD: "trust" },
    command: (settings) => [
      "postgres",
      ...postgresWords({ max_connections: CONNECTIONS, ...settings }),
    ],
    url: (at) => `postgres://postgres@${at}/postgres`,
  },
  redis: {
    image: "redis:7.2-alpine",
    port: 6379,
    environment: {},
    command: (settings) => [
      "redis-server",
      ...redisWords({ save: "", "protected-mode": "no", ...settings }),
    ],
    url: (at) => `redis://${at}`,
  },
  dynamodb: {
    image: `amazon/dynamodb-local:${DYNAMODB_VERSION}`,
    port: 8000,
    environment: {},
    command: (settings) => ["-jar", "DynamoDBLocal.jar", ...dynamodbWords(settings, "/tmp")],
    url: (at) => `http://${at}`,
  },
};

/** How long an image and its server may take. */
const PATIENCE = 180_000;

/** Starts the engine in a container on a port that stays the same over its deaths. What testcontainers starts beside it removes it when this process is gone. */
export async function containerServer(name: EngineName, settings: Settings): Promise<OwnServer> {
  const until = AbortSignal.timeout(PATIENCE);
  const late = new Promise<never>((_, reject) => {
    until.addEventListener("abort", () => reject(new Error("no container in three minutes")));
  });
  const container = await Promise.race([started(name, settings), late]);
  const { port, url: urlAt } = IMAGES[name];
  const url = urlAt(`${container.getHost()}:${container.getMappedPort(port)}`);
  const answers = async (): Promise<void> => {
    for (const limit = Date.now() + PATIENCE; ; await wait(100)) {
      const silence = await silenceOf(name, url);
      if (silence === undefined) return;
      if (Date.now() > limit) throw new Error(`The ${name} in Docker does not answer: ${silence}`);
    }
  };
  const { getContainerRuntimeClient } = await import("testcontainers");
  const client = await getContainerRuntimeClient();
  const handle = client.container.getById(container.getId());
  const running = async (): Promise<boolean> => (await handle.inspect()).State.Running;
  await answers();
  return {
    url,
    async kill() {
      if (await running()) await handle.kill();
      while (await running()) await wait(20);
    },
    async start() {
      if (!(await running())) await handle.start();
      await answers();
    },
    freeze: async () => void (await handle.pause()),
    thaw: async () => void (await handle.unpause()),
    async [Symbol.asyncDispose]() {
      await handle.remove({ force: true, v: true });
    },
  };
}

async function started(name: EngineName, settings: Settings): Promise<StartedTestContainer> {
  const { GenericContainer, Wait } = await import("testcontainers");
  const { image, port, environment, command } = IMAGES[name];
  return new GenericContainer(image)
    .withExposedPorts({ container: port, host: randomInt(FIRST_PORT, PORTS_END) })
    .withEnvironment(environment)
    .withCommand(command(settings))
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/i))
    .start();
}
