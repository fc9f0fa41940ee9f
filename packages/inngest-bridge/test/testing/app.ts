import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Inngest } from "inngest";
import { createServer } from "inngest/node";

/**
 * An app as anybody writes it, knowing nothing of tests: it finds its server by `INNGEST_DEV`. Prints
 * `serving <url>`, each step as it runs, and hangs in the step `hang` when started with that argument.
 */
const inngest = new Inngest({ id: "shop", checkpointing: process.argv[2] === "checkpointing" });

const order = inngest.createFunction(
  { id: "order", triggers: [{ event: "order/placed" }], retries: 20 },
  async ({ step, event, attempt }) => {
    const first = await step.run("first", () => say("first", `${event.data["n"]}`));
    await step.run("hang", async () => {
      say("hang", `attempt ${attempt}`);
      if (process.argv[3] === "hang") await new Promise(() => setInterval(() => undefined, 1000));
    });
    const big = await step.run("big", () => "x".repeat(3_000_000));
    const bigger = await step.run("bigger", () => "y".repeat(3_000_000));
    await step.sleep("nap", "1s");
    return { first, size: big.length + bigger.length };
  },
);

const finished = {
  event: "inngest/function.finished",
  if: "event.data.function_id == 'shop-order'",
};

const done = inngest.createFunction({ id: "done", triggers: [finished] }, ({ event }) => {
  const { event: placed } = event.data as {
    readonly event: { readonly data: { readonly n: number } };
  };
  say("told", `${placed.data.n}`);
});

const server = createServer({ client: inngest, functions: [order, done] });
server.listen(0, "127.0.0.1");
await once(server, "listening");
say("serving", `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/inngest`);

function say(what: string, more: string): string {
  process.stdout.write(`${what} ${more}\n`);
  return what;
}
