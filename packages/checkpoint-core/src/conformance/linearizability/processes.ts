import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Job } from "./host.ts";
import { type Line, linesOf, machineTime } from "./record.ts";
import type { WorkerJob, WorkerMessage } from "./worker.ts";

/** One process of a run, or what stands for it. */
export interface Running {
  /** When it has ended: rejects when it has failed by itself. */
  readonly ended: Promise<void>;
  /** Lets its clients begin. */
  go(): void;
  /** SIGKILL, where it is a process; resolves when it is gone. */
  kill?(): Promise<void>;
  /** What it wrote down. */
  lines(): Promise<readonly Line[]>;
}

/** Where a process finds the backend, and where it keeps its files. */
export interface Place {
  readonly module: URL;
  readonly given: string;
  readonly folder: string;
}

/** Starts a process for a job; it is ready when this resolves. Throws where its clock is not this process's. */
export async function startProcess(
  job: Job,
  { module, given, folder }: Place,
  answered: (count: number) => void,
): Promise<Running> {
  const log = join(folder, `${job.process}.jsonl`);
  const told: WorkerJob = { ...job, module: module.href, given, log };
  const asked = machineTime();
  const child = fork(workerFile(), [JSON.stringify(told)], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let wanted = true;
  const exited = once(child, "exit");
  const { ready, done } = listen(child, answered);
  const ended = endOf(job, exited, done, () => wanted);
  ended.catch(() => undefined);
  const kill = async (): Promise<void> => {
    wanted = false;
    child.kill("SIGKILL");
    await exited;
  };
  const time = await Promise.race([ready, ended]);
  if (time === undefined || time < asked || time > machineTime()) {
    await kill();
    throw new Error("Two processes of this machine do not read the same clock.");
  }
  return {
    ended,
    go: () => void child.send("go"),
    kill,
    lines: async () => linesOf(await readFile(log, "utf8")),
  };
}

/** A process ends when it has said that it is done, or was killed. */
async function endOf(
  { process }: Job,
  exited: Promise<unknown>,
  done: Promise<void>,
  wanted: () => boolean,
): Promise<void> {
  const said = await Promise.race([done.then(() => true), exited.then(() => false)]);
  if (!said && wanted()) throw new Error(`Process ${process} of the run has ended by itself.`);
  await exited;
}

function listen(
  child: ChildProcess,
  answered: (count: number) => void,
): { readonly ready: Promise<number>; readonly done: Promise<void> } {
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ready = Promise.withResolvers<number>();
  const done = Promise.withResolvers<void>();
  done.promise.catch(() => undefined);
  child.on("message", (message: WorkerMessage) => {
    if ("ready" in message) ready.resolve(message.ready);
    else if ("answered" in message) answered(message.answered);
    else if ("done" in message) done.resolve();
    else done.reject(new Error(`A process of the run failed: ${message.failed}`));
  });
  child.on("exit", (code) => {
    if (code) done.reject(new Error(`A process of the run ended with ${code}: ${errors}`));
  });
  return { ready: ready.promise, done: done.promise };
}

/** Beside this file, as source or as it is published. */
function workerFile(): string {
  const name = import.meta.url.endsWith(".ts") ? "worker.ts" : "worker.js";
  return fileURLToPath(new URL(name, import.meta.url));
}
