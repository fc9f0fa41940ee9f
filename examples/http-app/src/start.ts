// The app as a process. Everything comes from the environment, and has a value for a first try: PORT, STORE_URL, OPENAI_API_KEY, INNGEST_DEV (and Inngest's keys where it is deployed).
import { openStore } from "@perdure/checkpoint-core";
import { openAIModel } from "@perdure/inngest-bridge";
import { createTestInngest, serveTestInngest } from "@perdure/inngest-bridge/testing";
import { Inngest } from "inngest";
import { supportAgent } from "./agent.ts";
import { app } from "./app.ts";
import { scriptedModel } from "./model.ts";

const { PORT = "3000", STORE_URL = "file:./agents.db", OPENAI_API_KEY: apiKey } = process.env;
const isAlone = !("INNGEST_DEV" in process.env || "INNGEST_SIGNING_KEY" in process.env);
// Without a server of Inngest's, the one for tests is good enough for a look.
const standIn = isAlone
  ? await serveTestInngest(createTestInngest({ clock: "real" }), { port: 0 })
  : undefined;
const inngest = new Inngest({
  id: "http-app",
  ...(standIn && { isDev: true, baseUrl: standIn.url }),
});
const store = await openStore(STORE_URL);
const model = apiKey ? openAIModel({ model: "gpt-5-mini", apiKey }) : scriptedModel;
const refund = async (order: string, key: string): Promise<string> => {
  process.stdout.write(`refund of order ${order}, key ${key}\n`);
  return `refunded: order ${order}`;
};
const support = supportAgent({ inngest, store, model, refund });
// Believes what it is told. Yours looks into a session.
const web = app({
  inngest,
  store,
  support,
  identify(request) {
    const user = request.get("x-user");
    return user ? { user, isStaff: user === "dana" } : undefined;
  },
});
const url = `http://127.0.0.1:${PORT}`;
web.listen(Number(PORT), "127.0.0.1", () => {
  void announce();
});

async function announce(): Promise<void> {
  // Tells Inngest what there is; a dev server that polls, or a deployment that syncs, does it by itself.
  if (standIn) await fetch(`${url}/api/inngest`, { method: "PUT" });
  process.stdout.write(`listening on ${url}\n`);
}
