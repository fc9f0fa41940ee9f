import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import type { Home } from "./home.ts";
import { killTree, thawTree } from "./processTree.ts";

/** The words of another program on a port that we asked for. */
const TAKEN = /address already in use|could not bind|EADDRINUSE/i;
/** How much of a server's output is kept for the one who must understand why it did not start. */
const LINES = 30;
/** How long a server may take to end when it is asked to. */
const PATIENCE = 5000;

/** Runs a command to its end; rejects with its output when it fails. */
export async function toEnd(words: readonly string[], home: Home): Promise<void> {
  const child = launch(words, home);
  const output = lastLines(child);
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${words[0]} failed: ${output().join(" | ")}`);
}

/** A command in the folder, as the home's user; its output is to be read. */
export function launch([command = "", ...args]: readonly string[], home: Home): ChildProcess {
  // The language of its words is that of our patterns.
  const env = { ...process.env, LC_ALL: "C", LANG: "C", TZ: "UTC" };
  return spawn(command, args, {
    cwd: home.folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    ...home.user,
  });
}

/** Resolves with `true` once a line says that it is ready, with `false` when its port was taken; rejects when it ends for another reason. */
export function comesUp(child: ChildProcess, ready: RegExp): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const output = lastLines(child, (line) => {
      if (ready.test(line)) resolve(true);
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const said = output();
      if (said.some((line) => TAKEN.test(line))) resolve(false);
      else reject(new Error(`It ended with ${signal ?? code}: ${said.join(" | ")}`));
    });
  });
}

/** Resolves with `true` once its port takes connections, with `false` when the server has ended before, as one does whose port was taken. */
export async function listens(child: ChildProcess, port: number): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null) {
    const socket = connect(port, "127.0.0.1");
    const taken = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (taken) return true;
    await wait(50);
  }
  return false;
}

/** Asks the server to end, wakes it so that it can, and kills what is still there after a while. */
export async function endServer(child: ChildProcess, stop: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(stop);
  thawTree(child.pid);
  const late = setTimeout(() => void killTree(child.pid ?? 0), PATIENCE);
  await gone;
  clearTimeout(late);
}

/** The last lines of both its outputs. */
function lastLines(child: ChildProcess, heard: (line: string) => void = () => {}): () => string[] {
  const lines: string[] = [];
  for (const input of [child.stdout, child.stderr])
    if (input)
      createInterface({ input }).on("line", (line) => {
        lines.push(line);
        if (lines.length > LINES) lines.shift();
        heard(line);
      });
  return () => lines;
}
