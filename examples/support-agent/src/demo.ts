// The main job, seen from outside: a run suspends, its process is killed, a person approves from another process, a third process finishes the job once.
// The counts are not the agent's own: model calls come from the model server's log, refunds from the payment side's ledger.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Approval, Message, Run, RunStatus, Store } from "@perdure/checkpoint-core";
import type { Surroundings } from "./agent.ts";
import { supportAgent } from "./agent.ts";
import { lineLog } from "./lineLog.ts";
import type { ModelCall } from "./modelServer.ts";
import { freePort, kill, type Processes, processes } from "./processes.ts";
import type { RefundAttempt } from "./refundService.ts";

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
  const [modelPort, refundPort, appPort, inngestPort] = await Promise.all(
    Array.from({ length: 4 }, freePort),
  );
  const inngestUrl = process.env["INNGEST_DEV"] ?? `http://127.0.0.1:${inngestPort}`;
  const surroundings: Surroundings = {
    database: join(folder, "support.db"),
    modelUrl: `http://127.0.0.1:${modelPort}/v1`,
    modelName: process.env["OPENAI_MODEL"] ?? "gpt-4o-mini",
    refundUrl: `http://127.0.0.1:${refundPort}/refunds`,
  };
  await using world = processes({ INNGEST_DEV: inngestUrl });
  await world.start("modelServer.ts", [`${modelPort}`, modelLog]);
  await world.start("refundService.ts", [`${refundPort}`, ledger]);
  const app = [`${appPort}`, JSON.stringify(surroundings)];
  const a = await world.start("app.ts", app, /listening/);
  await serveInngest(world, inngestPort, appPort);

  say(`process A (${a.pid}) serves the agent; the customer writes: ${prompt}`);
  const { runId } = await ask(appPort);
  const { store, support } = supportAgent(surroundings);
  const first = await settled(() => support.status({ runId }));
  say(`the run is ${first.run.status}`);
  if (first.run.status === "suspended") {
    await kill(a);
    say(`process A is killed with SIGKILL; nothing of the run is in any memory`);
    for (const { id, tool, input } of first.pending) {
      say(`another process approves ${tool} ${JSON.stringify(input)}`);
      say(`  it printed ${(await approve(world, id, "dana", surroundings)).trim()}`);
    }
    const b = await world.start("app.ts", app, /listening/);
    say(`process B (${b.pid}) is started fresh`);
    const last = await settled(() => support.status({ runId }), ["suspended"]);
    say(`the run is ${last.run.status}`);
    for (const { id } of first.pending)
      say(`a second approval: ${(await approve(world, id, "eve", surroundings)).trim()}`);
    await settled(() => support.status({ runId }), ["suspended"]);
  }
  const agrees = await report(store);
  await store[Symbol.asyncDispose]();
  return agrees;
}

/** The stand-in for Inngest, or a real dev server that INNGEST_DEV names. */
async function serveInngest(
  world: Processes,
  inngestPort: number | undefined,
  appPort: number | undefined,
): Promise<void> {
  const app = `http://127.0.0.1:${appPort}/api/inngest`;
  if (process.env["INNGEST_DEV"] !== undefined) {
    await fetch(app, { method: "PUT" });
    say(`Inngest is the server at ${process.env["INNGEST_DEV"]}`);
    return;
  }
  const server = import.meta.resolve("@perdure/inngest-bridge/testing/server");
  const options = ["--port", `${inngestPort}`, "--app", app, "--retry-delay", "1s"];
  await world.start(server, options, /inngest synced/);
  say("Inngest is the stand-in of @perdure/inngest-bridge/testing, a process of its own");
}

async function ask(appPort: number | undefined): Promise<{ readonly runId: string }> {
  const response = await fetch(`http://127.0.0.1:${appPort}/chat`, {
    method: "POST",
    body: JSON.stringify({ threadId, prompt }),
  });
  if (!response.ok)
    throw new Error(`The app answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as { runId: string };
}

function approve(
  world: Processes,
  approvalId: string,
  by: string,
  surroundings: Surroundings,
): Promise<string> {
  return world.run("approve.ts", [threadId, approvalId, by, JSON.stringify(surroundings)]);
}

interface Status {
  readonly run: Run;
  readonly pending: readonly Approval[];
}

/** Looks until the run waits for a person or is over; 60 seconds at most. */
async function settled(
  look: () => Promise<Status | undefined>,
  moving: readonly RunStatus[] = [],
): Promise<Status> {
  const underway = new Set<RunStatus>(["queued", "running", ...moving]);
  for (let looks = 0; looks < 600; looks += 1) {
    const status = await look();
    if (status && !underway.has(status.run.status)) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("The run did not get on within 60 seconds.");
}

/** Prints what happened and whether three independent witnesses agree: the history, the model server's log, the payment side's ledger. */
async function report(store: Store): Promise<boolean> {
  const history = (await store.history.read<Message>(threadId)).map(({ value }) => value);
  const calls = lineLog<ModelCall>(modelLog).all();
  const attempts = lineLog<RefundAttempt>(ledger).all();
  const paid = attempts.filter((attempt) => attempt.paid);
  const answers = history.filter(({ role }) => role === "assistant");
  const refunds = history.filter(
    (message) => message.role === "tool" && message.toolName === "refund_order" && !message.isError,
  );
  process.stdout.write("\nhistory\n");
  for (const message of history) process.stdout.write(`  ${line(message)}\n`);
  process.stdout.write("\nwhat others saw             others  history\n");
  process.stdout.write(
    `  model calls answered      ${pad(calls.length)}  ${pad(answers.length)}\n`,
  );
  process.stdout.write(`  refunds paid              ${pad(paid.length)}  ${pad(refunds.length)}\n`);
  process.stdout.write(`  refund requests received  ${pad(attempts.length)}\n`);
  const agree = calls.length === answers.length && paid.length === refunds.length;
  process.stdout.write(agree ? "\nThey agree.\n" : "\nTHEY DISAGREE.\n");
  return agree && answers.length > 0;
}

function line(message: Message): string {
  if (message.role === "tool")
    return `tool       ${message.toolName} gave ${JSON.stringify(message.content)}`;
  const calls = message.role === "assistant" ? (message.toolCalls ?? []) : [];
  const asked = calls.map(({ name, input }) => `${name}(${JSON.stringify(input)})`).join(", ");
  return `${message.role.padEnd(10)} ${asked || String(message.content)}`;
}

function pad(count: number): string {
  return String(count).padStart(6);
}

function say(what: string): void {
  process.stdout.write(`${what}\n`);
}
