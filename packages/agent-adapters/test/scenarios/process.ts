// A process that works on the run "r", without Inngest: begins it, or agrees to all that it waits for and goes on with it.
// usage: process.ts <framework module> <store url> begin|agree
import { openStore } from "@perdure/checkpoint-core";
import { runLocally } from "@perdure/inngest-bridge/agent";
import type { Framework } from "./framework.ts";

const [module = "", url = "", action = "begin"] = process.argv.slice(2);
const { framework } = (await import(module)) as { readonly framework: Framework };
await using store = await openStore(url);
let models = 0;
const effects: string[] = [];
const agent = framework.agent({
  async ask() {
    models += 1;
  },
  did: (effect) => effects.push(effect),
});
const goOn = async () =>
  runLocally(agent, { store, threadId: "t", runId: "r", prompt: framework.prompt });
const agree = async (): Promise<boolean> => {
  const asked = await store.approvals.pending("t");
  for (const { id } of asked)
    await store.approvals.decide("t", { approvalId: id }, { kind: "approve" });
  return asked.length > 0;
};
const toTheEnd = async (): Promise<Awaited<ReturnType<typeof goOn>>> => {
  const report = await goOn();
  return report.status === "suspended" && (await agree()) ? toTheEnd() : report;
};
if (action === "agree") await agree();
const report = await (action === "agree" ? toTheEnd() : goOn());
const { output } = report as { readonly output?: { readonly response?: unknown } };
const { status } = report;
process.stdout.write(JSON.stringify({ status, response: output?.response, models, effects }));
