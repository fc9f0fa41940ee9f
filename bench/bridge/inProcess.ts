import { createTestInngest, type TestInngest } from "@perdure/inngest-bridge/testing";
import { median } from "../measure.ts";
import type { App, Functions } from "./app.ts";

const EVENT = "bench/run.requested";

/** An app whose requests are counted. */
interface CountedApp extends App {
  /** Requests that a run took, in the middle. Throws where one has not ended well. */
  readonly requests: () => number;
}

/** The app on the in-process Inngest: nothing but our code, theirs and the SDK's takes time. */
export async function inProcess(checkpointing: boolean, functions: Functions): Promise<CountedApp> {
  const server = createTestInngest({ recordBodies: false });
  const client = server.client({ id: "bench", checkpointing });
  await server.register({ client, functions: functions(client, EVENT) });
  return {
    async run(repetition) {
      const data = { threadId: `t${repetition}`, prompt: "go" };
      await server.send({ name: EVENT, data });
      await server.settle();
    },
    requests: () => requestsOn(server),
  };
}

function requestsOn(server: TestInngest): number {
  const runs = server.runs().filter(({ event }) => event.name === EVENT);
  const broken = runs.find(({ status }) => status !== "Completed");
  if (broken) throw new Error(`A run is ${broken.status}: ${broken.error?.message ?? ""}`);
  return median(runs.map(({ requests }) => requests));
}
