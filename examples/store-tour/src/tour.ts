import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { copyStore, openStore, type Store } from "@perdure/checkpoint-core";

/** What a store does without any agent or Inngest around it, in one run: `npm start`. */
const folder = await mkdtemp(join(tmpdir(), "store-tour-"));
const say = (what: string, value: unknown): void =>
  console.log(`${what}: ${JSON.stringify(value)}`);

const all = await openStore(pathToFileURL(join(folder, "agents.db")).href, { keepLast: 50 });
const store = all.for({ tenant: "acme", user: "ann" });

await checkpointsAndForks(store);
await memories(store);
await payOnce(store);
await tokens(store);
await move(all);
await forget(store);

await all[Symbol.asyncDispose]();
await rm(folder, { recursive: true });

async function checkpointsAndForks({ checkpoints, history, threads }: Store): Promise<void> {
  await threads.create("chat-1", { title: "Order 123" });
  await history.append("chat-1", [{ id: "m1", value: { role: "user", content: "Where is it?" } }]);
  const saved = await checkpoints.put("chat-1", { step: 1, order: "123" });
  await history.append("chat-1", [{ id: "m2", value: { role: "assistant", content: "Lost." } }]);
  // Only the change is sent and stored; a retry under the same operation id changes nothing.
  await checkpoints.append("chat-1", {
    parentId: saved,
    changes: [{ path: ["step"], set: 2 }],
    operationId: "step-2",
  });
  say("state", await checkpoints.get("chat-1"));
  await checkpoints.fork("chat-1", saved, "what-if");
  say("forked state", await checkpoints.get("what-if"));
  say("forked messages", (await history.read("what-if")).length);
  say(
    "threads",
    (await threads.list()).threads
      .map(({ id }) => id)
      .toSorted((one, other) => (one < other ? -1 : 1)),
  );
}

async function memories({ memory }: Store): Promise<void> {
  const texts = ["Prefers e-mail to calls", "返金はクレジットカードで", "Lives in Basel"];
  await memory.write(
    { kind: "user" },
    texts.map((text) => ({ text })),
    { operationId: "learned" },
  );
  for (const question of ["call or e-mail?", "クレジットカード"]) {
    const { memories: found } = await memory.search({ kind: "user" }, question, { limit: 1 });
    say(question, found[0]?.memory.text);
  }
}

/** The second call, and any other process, gets the first outcome: nothing is paid twice. */
async function payOnce({ effects }: Store): Promise<void> {
  for (const attempt of ["first", "second"]) {
    const { value, replayed } = await effects.once("chat-1", "refund:123", pay);
    say(`${attempt} refund`, { ...value, replayed });
  }
}

/** A real one hands the key to the service, which then knows a payment that it has made. */
async function pay({ idempotencyKey }: { readonly idempotencyKey: string }): Promise<{
  readonly paid: string;
  readonly keyed: boolean;
}> {
  return { paid: "$30", keyed: idempotencyKey.length > 0 };
}

/** A follower may come late, or again from where it was: it misses nothing and sees nothing twice. */
async function tokens({ streams }: Store): Promise<void> {
  await streams.append("chat-1:tokens", ["Your ", "order "], { threadId: "chat-1" });
  const follower = (async () => {
    let text = "";
    for await (const { value } of streams.follow<string>("chat-1:tokens")) text += value;
    return text;
  })();
  await streams.append("chat-1:tokens", ["is ", "on ", "its ", "way."], { threadId: "chat-1" });
  await streams.end("chat-1:tokens");
  say("streamed", await follower);
}

/** Everything of every tenant, into a store with other options: here one that encrypts. */
async function move(from: Store): Promise<void> {
  const keys = { "2026": new Uint8Array(32).fill(7) };
  const url = pathToFileURL(join(folder, "sealed.db")).href;
  await using to = await openStore(url, { encryption: { keys, current: "2026" } });
  const { threads, busy } = await copyStore(from, to);
  say("moved", { threads, busy: busy.length });
  say("there", await to.for({ tenant: "acme", user: "ann" }).checkpoints.get("chat-1"));
}

async function forget(scoped: Store): Promise<void> {
  await scoped.threads.delete("what-if");
  await scoped.erase({ operationId: "ann asked to be forgotten" });
  const { threads } = await scoped.threads.list();
  const { memories: left } = await scoped.memory.list({ kind: "user" });
  say("left of ann", threads.length + left.length);
}
