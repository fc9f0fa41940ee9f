import { describe, expect, test } from "vitest";
import { type App, createTestInngest, faultAt } from "../../src/testing/index.ts";
import { modes, runOf } from "./modes.ts";

describe.each(modes)("with checkpointing $checkpointing", ({ checkpointing }) => {
  test("gives an app a new life each time it is stopped", async () => {
    const server = createTestInngest({
      retryDelay: () => 1000,
      faults: ({ index }) => (index % 2 === 0 ? "stop-during" : undefined),
    });
    const lives: string[] = [];
    const create = (): App => {
      const client = server.client({ id: "app", checkpointing });
      const life = `life ${lives.push("born")}`;
      const fn = client.createFunction(
        { id: "fn", triggers: [{ event: "go" }], retries: 5 },
        async ({ step }) => [
          await step.run("a", () => life),
          await step.sleep("nap", "1h"),
          await step.run("b", () => life),
        ],
      );
      return { client, functions: [fn] };
    };
    await server.register({ create });
    await server.send({ name: "go" });
    await server.settle({ advance: true });
    const run = runOf(server);
    expect(run.status).toBe("Completed");
    expect(server.requests.every(({ instances }) => instances.length === 1)).toBe(true);
    expect(lives).toHaveLength(1 + Math.ceil(server.requests.length / 2));
  });

  test("gives an app a new life when it dies in the middle of its own request", async () => {
    const server = createTestInngest({
      retryDelay: () => 1000,
      faults: { checkpoint: faultAt(0, "stop-after"), events: faultAt(0, "stop-after") },
    });
    let lives = 0;
    const create = (): App => {
      lives += 1;
      const client = server.client({ id: "app", checkpointing });
      const fn = client.createFunction(
        { id: "fn", triggers: [{ event: "go" }], retries: 5 },
        async ({ step }) => {
          await step.run("a", () => null);
          await step.sendEvent("tell", { name: "told", id: "once" });
        },
      );
      return { client, functions: [fn] };
    };
    await server.register({ create });
    await server.send({ name: "go" });
    await server.settle({ advance: true });
    expect(runOf(server).status).toBe("Completed");
    expect(lives).toBe(checkpointing ? 3 : 2);
  });
});
