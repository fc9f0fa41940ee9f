import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Message, openStore } from "@perdure/checkpoint-core";
import { createTestInngest, type Fault } from "@perdure/inngest-bridge/testing";
import { expect, onTestFinished, test } from "vitest";
import { supportAgent } from "../src/agent.ts";
import { demo } from "../src/demo.ts";
import { scriptedModel as model } from "../src/model.ts";

test("the demo says what its README shows", async () => {
  const folder = await mkdtemp(join(tmpdir(), "follow-up-"));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  const lines: string[] = [];
  await demo(join(folder, "agents.db"), (line) => lines.push(line));
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`text\n${lines.join("\n")}\n\`\`\``);
});

const HOUR_MS = 60 * 60 * 1000;

test.each<Fault>(["lose-response", "double", "stop-during"])(
  "asks once, and once only, whatever becomes of the requests (%s)",
  async (fault) => {
    const hit = new Set<string>();
    const server = createTestInngest({
      // Each request of the agent's functions, when it is made for the first time.
      faults({ fnId = "", stepId = "", steps }) {
        const place = [fnId, stepId, ...steps].join();
        if (fnId.includes("upkeep") || hit.has(place)) return undefined;
        hit.add(place);
        return fault;
      },
      retryDelay: () => 1000,
    });
    const store = await openStore("memory:", { now: server.now });
    const app = () => {
      const inngest = server.client({ id: "support-app", checkpointing: false });
      const support = supportAgent({ inngest, store, model, patienceMs: HOUR_MS });
      return { client: inngest, functions: support.functions, support };
    };
    await server.register({ create: app });
    await app().support.start({ threadId: "ann", prompt: "My printer jams." });
    await server.advance("3h");
    const history = await store.history.read<Message>("ann");
    expect(history.map(({ value }) => value.content)).toEqual([
      "My printer jams.",
      "Open the back and pull.",
      "Does your printer work now?",
    ]);
    expect(hit.size).toBeGreaterThan(8);
  },
);

test("a reply calls the follow-up off, and is followed up itself", async () => {
  const server = createTestInngest();
  const store = await openStore("memory:", { now: server.now });
  const inngest = server.client({ id: "support-app" });
  const support = supportAgent({ inngest, store, model, patienceMs: HOUR_MS });
  await server.register({ client: inngest, functions: support.functions });
  const said = async (): Promise<readonly string[]> =>
    (await store.history.read<Message>("bob")).map(({ value }) => String(value.content));
  await support.start({ threadId: "bob", prompt: "My printer jams." });
  await server.advance("50m");
  await support.start({ threadId: "bob", prompt: "It works." });
  await server.advance("50m");
  expect(await said()).toHaveLength(4);
  await server.advance("20m");
  expect((await said()).slice(3)).toEqual(["Glad to hear it.", "Does your printer work now?"]);
});
