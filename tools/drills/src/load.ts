import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Place } from "./module.ts";
import { type Line, linesOf } from "./record.ts";
import type { Order, Said, WriterJob } from "./writer.ts";

/** How many write, and where. */
export interface LoadOptions extends Place {
  readonly seed: number;
  readonly processes: number;
  /** Clients of each process. */
  readonly clients: number;
}

/** How long clients may take until they go on, also on a busy machine. */
const PATIENCE_MS = 180_000;

/** Processes of clients that write until they are told to end. Rejects, whatever is waited for, when a process has ended by itself. */
export class Load implements AsyncDisposable {
  readonly #options: LoadOptions;
  readonly #folder: string;
  readonly #children: ChildProcess[] = [];
  /** Those that may end: they were killed or told to. */
  readonly #released = new Set<ChildProcess>();
  readonly #answers = new Map<string, number>();
  readonly #watchers = new Set<() => void>();
  #resting = 0;
  #broken: Error | undefined;

  private constructor(options: LoadOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  /** Resolves when each client was told that its first write is done. */
  static async start(options: LoadOptions): Promise<Load> {
    const load = new Load(options, await mkdtemp(join(tmpdir(), "perdure-load-")));
    for (let process = 0; process < options.processes; process += 1) load.#fork(process);
    try {
      await load.allGoOn();
    } catch (error) {
      await load[Symbol.asyncDispose]();
      throw error;
    }
    return load;
  }

  get processes(): number {
    return this.#options.processes;
  }

  /** Resolves after so many more operations, of all clients together. */
  async more(operations: number): Promise<void> {
    const all = this.#total() + operations;
    await this.#until(() => this.#total() >= all, `${operations} operations were not done`);
  }

  /** Resolves when each client has done one more. */
  async allGoOn(): Promise<void> {
    const { processes, clients } = this.#options;
    const before = new Map(this.#answers);
    const names = Array.from(
      { length: processes * clients },
      (_, at) => `${Math.floor(at / clients)}.${at % clients}`,
    );
    const waits = (name: string): boolean =>
      (this.#answers.get(name) ?? 0) <= (before.get(name) ?? 0);
    await this.#until(
      () => !names.some(waits),
      () => `clients ${names.filter(waits).join(" ")} have not gone on`,
    );
  }

  /** Resolves when nobody has anything under way; nobody begins anything until `go`. */
  async rest(): Promise<void> {
    this.#resting = 0;
    this.#order("rest");
    await this.#until(() => this.#resting === this.#options.processes, "not all clients rest");
  }

  go(): void {
    this.#order("go");
  }

  /** SIGKILL to a process; resolves when another one has come in its place. */
  async replace(process: number): Promise<void> {
    await this.#kill(this.#children[process]);
    this.#fork(process);
  }

  /** SIGKILL to all of them. */
  async killAll(): Promise<void> {
    for (const child of this.#children) await this.#kill(child);
  }

  /** Lets each client finish what it has begun; resolves when all processes have ended by themselves. */
  async end(): Promise<void> {
    const gone = this.#children.map((child) => once(child, "exit"));
    for (const child of this.#children) this.#released.add(child);
    this.#order("end");
    await this.#until(
      () =>
        this.#children.every(
          ({ exitCode, signalCode }) => exitCode !== null || signalCode !== null,
        ),
      "not all processes have ended",
    );
    await Promise.all(gone);
    const failed = this.#children.find(({ exitCode }) => exitCode !== 0);
    if (failed)
      throw new Error(`A process has ended with ${failed.signalCode ?? failed.exitCode}.`);
  }

  /** What all clients wrote down, those of killed processes too. */
  async lines(): Promise<readonly Line[]> {
    const { processes } = this.#options;
    const all = await Promise.all(
      Array.from({ length: processes }, (_, process) => linesOf(this.#log(process))),
    );
    return all.flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killAll();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #fork(process: number): void {
    const { module, given, clients, seed } = this.#options;
    const log = this.#log(process);
    const job: WriterJob = {
      module: module.href,
      given,
      process,
      clients,
      seed: seed + process,
      log,
    };
    const child = fork(new URL("writer.ts", import.meta.url), [JSON.stringify(job)], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
      // Those that come in the place of others start in a third of the time.
      env: { ...globalThis.process.env, NODE_COMPILE_CACHE: join(this.#folder, "compiled") },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let errors = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.on("message", (said: Said) => this.#hear(said));
    child.on("exit", (code, signal) => {
      if (this.#released.has(child)) this.#changed();
      else void this.#break(`Process ${process} has ended with ${signal ?? code}: ${errors}`);
    });
    this.#children[process] = child;
  }

  #log(process: number): string {
    return join(this.#folder, `${process}.jsonl`);
  }

  #hear(said: Said): void {
    if ("client" in said) this.#answers.set(said.client, (this.#answers.get(said.client) ?? 0) + 1);
    else this.#resting += 1;
    this.#changed();
  }

  #total(): number {
    return [...this.#answers.values()].reduce((sum, one) => sum + one, 0);
  }

  #order(order: Order): void {
    for (const child of this.#children) if (child.connected) child.send(order, () => undefined);
  }

  async #kill(child: ChildProcess | undefined): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    this.#released.add(child);
    child.kill("SIGKILL");
    await gone;
  }

  /** Whatever is waited for rejects, with what clients were told last. */
  async #break(why: string): Promise<void> {
    const last = (await this.lines()).findLast((line) => "failed" in line);
    const told = last && "failed" in last ? last.message : "none";
    this.#broken ??= new Error(`${why} The last failure: ${told}`);
    this.#changed();
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  async #until(isSo: () => boolean, otherwise: string | (() => string)): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (this.#broken) reject(this.#broken);
      else if (isSo()) resolve();
    };
    const late = setTimeout(() => {
      const what = typeof otherwise === "string" ? otherwise : otherwise();
      void this.#break(`After ${PATIENCE_MS / 1000} s ${what}.`);
    }, PATIENCE_MS);
    this.#watchers.add(look);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(late);
      this.#watchers.delete(look);
    }
  }
}
