// The main job, seen from outside: a run suspends, its process is killed, a person approves from another process, a third process finishes the job once.
// The counts are not the agent's own: model calls come from the model server's log, refunds from the payment side's ledger.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Message } from "@perdure/checkpoint-core";
import type { RunView } from "@perdure/inngest-bridge";
import { type Surroundings, supportAgent } from "./agent.ts";
import { lineLog } from "./lineLog.ts";
import type { ModelCall } from "./modelServer.ts";
import { freePort, kill, type Processes, processes } from "./processes.ts";
import type { RefundAttempt } from "./refundService.ts";
import { compare, type Witnesses } from "./witnesses.ts";

const threadId = "user:42";
const prompt = process.env["PROMPT"] || "Please refund order #123.";
const folder = mkdtempSync(join(tmpdir(), "perdure-demo-"));
const modelLog = join(folder, "model.log");
const ledger = join(folder, "refunds.log");

try {
  process.exitCode = (await demo()) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function demo(): Promise<boolean> {
  const [modelPort, refundPort, appPort = 0, inngestPort = 0] = await Promise.all(
    Array.from({ length: 4 }, freePort),
  );
  const inngestUrl = process.env["INNGEST_DEV"] ?? `http://127.0.0.1:${inngestPort}`;
  const surroundings: Surroundings = {
    storeUrl: process.env["STORE_URL"] ?? pathToFileURL(join(folder, "support.db")).href,
    modelUrl: `http://127.0.0.1:${modelPort}/v1`,
    modelName: process.env["OPENAI_MODEL"] ?? "gpt-4o-mini",
    refundUrl: `http://127.0.0.1:${refundPort}/refunds`,
  };
  await using world = processes({ INNGEST_DEV: inngestUrl });
  endWith(world);
  await world.start("modelServer.ts", [`${modelPort}`, modelLog]);
  await world.start("refundService.ts", [`${refundPort}`, ledger]);
  const seen = await play({ world, surroundings, appPort, inngestPort });
  const { lines, agree } = compare(seen);
  say(`\nhistory\n${seen.history.map((message) => `  ${line(message)}`).join("\n")}\n`);
  say(`${lines.join("\n")}\n\n${agree ? "They agree." : "THEY DISAGREE."}`);
  return agree;
}

interface Stage {
  readonly world: Processes;
  readonly surroundings: Surroundings;
  readonly appPort: number;
  readonly inngestPort: number;
}

/** The story, told as it happens; what everybody saw of it, each by themselves. */
async function play({ world, surroundings, appPort, inngestPort }: Stage): Promise<Witnesses> {
  const app = [`${appPort}`, JSON.stringify(surroundings)];
  let server = await world.start("app.ts", app, /listening/);
  await serveInngest(world, inngestPort, appPort);
  say(`process A (${server.pid}) serves the agent; the customer writes: ${prompt}`);
  const { runId } = await ask(appPort);
  const { store, support } = await supportAgent(surroundings);
  const approve = (id: string, by: string): Promise<Told> =>
    approving(world, [threadId, id, by, JSON.stringify(surroundings)]);
  const decisions: boolean[] = [];
  const late: boolean[] = [];
  const approved: string[] = [];

  let { run, pending } = await standing(() => support.status({ runId }));
  say(`the run is ${run.status}`);
  for (let name = "B"; run.status === "suspended"; name = nextName(name)) {
    await kill(server);
    say("its process is killed with SIGKILL; nothing of the run is in any memory");
    for (const { id, tool, input } of pending) {
      const told = await approve(id, "dana");
      say(`another process approves ${tool} ${JSON.stringify(input)}: ${JSON.stringify(told)}`);
      decisions.push(told.counted);
      approved.push(id);
    }
    server = await world.start("app.ts", app, /listening/);
    say(`process ${name} (${server.pid}) is started fresh`);
    ({ run, pending } = await standing(() => support.status({ runId })));
    say(`the run is ${run.status}`);
  }
  for (const id of approved) {
    const told = await approve(id, "eve");
    say(`a second approval: ${JSON.stringify(told)}`);
    late.push(told.counted);
  }
  const history = (await store.history.read<Message>(threadId)).map(({ value }) => value);
  await store[Symbol.asyncDispose]();
  const calls = lineLog<ModelCall>(modelLog).all();
  const attempts = lineLog<RefundAttempt>(ledger).all();
  return { history, calls, attempts, decisions, late, ended: run.status };
}

/** Ends what was started when this process is told to end. */
function endWith(world: Processes): void {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)
    process.once(signal, () => {
      void world[Symbol.asyncDispose]().then(() => {
        rmSync(folder, { recursive: true, force: true });
        return process.exit(code);
      });
    });
}

/** The stand-in for Inngest, or a real dev server that INNGEST_DEV names. */
async function serveInngest(world: Processes, inngestPort: number, appPort: number): Promise<void> {
  const app = `http://127.0.0.1:${appPort}/api/inngest`;
  if (process.env["INNGEST_DEV"] !== undefined) {
    const synced = await fetch(app, { method: "PUT" });
    if (!synced.ok) throw new Error(`Inngest did not take the app: ${await synced.text()}`);
    say(`Inngest is the server at ${process.env["INNGEST_DEV"]}`);
    return;
  }
  const server = import.meta.resolve("@perdure/inngest-bridge/testing/server");
  const options = ["--port", `${inngestPort}`, "--app", app, "--retry-delay", "1s"];
  await world.start(server, options, /inngest synced/);
  say("Inngest is the stand-in of @perdure/inngest-bridge/testing, a process of its own");
}

async function ask(appPort: number): Promise<{ readonly runId: string }> {
  const response = await fetch(`http://127.0.0.1:${appPort}/chat`, {
    method: "POST",
    body: JSON.stringify({ threadId, prompt }),
  });
  if (!response.ok)
    throw new Error(`The app answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as { runId: string };
}

/** What an approving process was told. */
interface Told {
  readonly counted: boolean;
  readonly status: string;
  readonly by: string;
}

async function approving(world: Processes, args: readonly string[]): Promise<Told> {
  return JSON.parse(await world.run("approve.ts", args)) as Told;
}

/** Looks until the run waits for a person or is over; 120 seconds at most. */
async function standing(look: () => Promise<RunView | undefined>): Promise<RunView> {
  for (let looks = 0; looks < 1200; looks += 1) {
    const view = await look();
    const isMoving = view?.isReady || ["queued", "running"].includes(view?.run.status ?? "queued");
    if (view && !isMoving) return view;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("The run did not get on within 120 seconds.");
}

function nextName(name: string): string {
  return String.fromCharCode(name.charCodeAt(0) + 1);
}

function line(message: Message): string {
  if (message.role === "tool")
    return `tool       ${message.toolName} gave ${JSON.stringify(message.content)}`;
  const calls = message.role === "assistant" ? (message.toolCalls ?? []) : [];
  const asked = calls.map(({ name, input }) => `${name}(${JSON.stringify(input)})`).join(", ");
  return `${message.role.padEnd(10)} ${asked || String(message.content)}`;
}

function say(what: string): void {
  process.stdout.write(`${what}\n`);
}
