/**
 * A real Inngest server for end-to-end tests: the one that `INNGEST_DEV` names, or a dev server of our own
 * when `inngest` is on the PATH. Without either it says so in one line, and the tests run against the
 * in-process Inngest alone.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

export interface RealInngest extends AsyncDisposable {
  readonly url: string;
  /** Which server this is, for a test's name. */
  readonly how: string;
}

/** The server, running and answering; disposing of it ends only what this function started. */
export async function findRealInngest(): Promise<RealInngest | undefined> {
  const named = process.env["INNGEST_DEV"];
  if (named !== undefined && URL.canParse(named)) {
    await answering(named, () => undefined);
    return {
      url: named,
      how: `INNGEST_DEV=${named}`,
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  const binary = onPath("inngest");
  if (binary !== undefined) return started(binary);
  process.stdout.write(
    "Left out: the same tests against a real Inngest server (no `inngest` on the PATH, no URL in INNGEST_DEV).\n",
  );
  return undefined;
}

/** How long a dev server may take from its start to its first answer. */
const START_MS = 30_000;
const ASK_EVERY_MS = 100;

async function started(binary: string): Promise<RealInngest> {
  const home = await mkdtemp(join(tmpdir(), "inngest-dev-"));
  const [port, gateway, gatewayGrpc, executorGrpc, debug] = await freePorts(5);
  const url = `http://127.0.0.1:${port}`;
  const flags =
    `dev --no-discovery --no-poll --host 127.0.0.1 -p ${port} --retry-interval 1 --tick 10` +
    ` --connect-gateway-port ${gateway} --connect-gateway-grpc-port ${gatewayGrpc}` +
    ` --connect-executor-grpc-port ${executorGrpc} --debug-api-port ${debug}`;
  const child = spawn(binary, flags.split(" "), {
    cwd: home,
    stdio: "ignore",
    env: { ...process.env, DO_NOT_TRACK: "1", HOME: home },
  });
  let ended: string | undefined;
  child.once("error", (error) => (ended = error.message));
  child.once("exit", (code) => (ended ??= `it ended with code ${code}`));
  const server: RealInngest = {
    url,
    how: "inngest dev",
    [Symbol.asyncDispose]: async () => {
      await stopped(child);
      await rm(home, { recursive: true, force: true });
    },
  };
  try {
    await answering(url, () => ended);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

async function answering(url: string, ended: () => string | undefined): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const answer = await fetch(new URL("/dev", url)).catch((error: unknown) => error);
    if (answer instanceof Response && answer.ok) return;
    const why = ended() ?? (Date.now() > deadline ? "it does not answer" : undefined);
    if (why !== undefined)
      throw new Error(`The Inngest server at ${url} is of no use: ${why}.`, { cause: answer });
    await new Promise((resolve) => {
      setTimeout(resolve, ASK_EVERY_MS);
    });
  }
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  const patience = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await exit;
  clearTimeout(patience);
}

/** Ports that are free now, all different; the server takes them a moment later. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(async (server) => {
      await once(server.listen(0, "127.0.0.1"), "listening");
      return (server.address() as AddressInfo).port;
    }),
  );
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

function onPath(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
