import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

/** The processes that the demo starts, and ends with itself. */
export interface Processes extends AsyncDisposable {
  /** Starts a script of this folder (or a resolved module) and resolves with its process once a line of its output matches. */
  start(script: string, args: readonly string[], until?: RegExp): Promise<ChildProcess>;
  /** Runs a script to its end and resolves with what it printed. A failure rejects with its errors. */
  run(script: string, args: readonly string[]): Promise<string>;
}

/** Processes that all get these variables beside our own. */
export function processes(variables: Readonly<Record<string, string>>): Processes {
  const running = new Set<ChildProcess>();
  const launch = (script: string, args: readonly string[]): ChildProcess => {
    const file = fileURLToPath(new URL(script, import.meta.url));
    const child = spawn(process.execPath, [file, ...args], {
      env: { ...process.env, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    child.once("exit", () => running.delete(child));
    return child;
  };
  return {
    start: (script, args, until) =>
      new Promise((resolve, reject) => {
        const child = launch(script, args);
        let output = "";
        const listen = (chunk: Buffer): void => {
          output += chunk.toString();
          if (until?.test(output)) resolve(child);
        };
        child.stdout?.on("data", listen);
        child.stderr?.on("data", listen);
        child.once("spawn", () => until ?? resolve(child));
        child.once("exit", () => reject(new Error(`${script} ended early:\n${output}`)));
      }),
    run: (script, args) =>
      new Promise((resolve, reject) => {
        const child = launch(script, args);
        let output = "";
        let errors = "";
        child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
        child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
        child.once("close", (code) =>
          code === 0 ? resolve(output) : reject(new Error(`${script} failed:\n${errors}`)),
        );
      }),
    async [Symbol.asyncDispose]() {
      const ended = [...running].map(
        (child) => new Promise((resolve) => child.once("exit", resolve).kill("SIGKILL")),
      );
      await Promise.all(ended);
    },
  };
}

/** Resolves once the process is dead, killed as a machine would: without a chance to say goodbye. */
export function kill(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}

/** A port of this machine that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
