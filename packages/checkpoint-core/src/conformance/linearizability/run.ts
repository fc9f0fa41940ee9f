import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Backend } from "../../backend/contract.ts";
import { partitionName } from "../../backend/keys.ts";
import { ask } from "./client.ts";
import { type Job, openFrom, runJob } from "./host.ts";
import type { Call } from "./operation.ts";
import { type Running, startProcess } from "./processes.ts";
import { oneOf, type Random, randomFrom, seedOf } from "./random.ts";
import { type Line, machineTime, type Recorded, recordedIn } from "./record.ts";
import type { Faults, LinearizabilitySubject, RunOptions } from "./subject.ts";

/** What a run was, and what it recorded. */
export interface RunReport extends Recorded {
  readonly seed: number;
  /** The faults in the order in which they were made. */
  readonly faults: readonly string[];
  readonly ms: number;
}

/** Tries of the last look at a partition, a pause apart: an engine that was killed may need a while. */
const LAST_LOOKS = 100;
const LAST_PAUSE_MS = 100;

/**
 * Lets many clients work on few partitions and records what each asked and was told, then looks at every partition once more. Faults come at moments that the seed chooses, counted in
 * answers. Rejects when a client met an error that is none of ours, or a process ended by itself; nothing is left running either way.
 */
export async function runClients(
  subject: LinearizabilitySubject,
  options: RunOptions,
): Promise<RunReport> {
  const began = machineTime();
  const folder = await mkdtemp(join(tmpdir(), "perdure-linear-"));
  const run = new Run(subject, options, folder);
  try {
    const lines = await run.lines();
    const { seed } = options;
    const ms = Math.round((machineTime() - began) / 1000);
    return { seed, faults: run.faults, ms, ...recordedIn(lines) };
  } finally {
    await run.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

class Run {
  readonly faults: string[] = [];
  readonly #subject: LinearizabilitySubject;
  readonly #options: RunOptions;
  readonly #folder: string;
  readonly #partitions: readonly string[];
  readonly #running = new Map<number, Running>();
  /** Those that go on; one that was killed has a successor. */
  readonly #live = new Map<number, Promise<void>>();
  readonly #random: Random;
  readonly #moments: number[];
  #started = 0;
  #answered = 0;
  #fault: Promise<void> | undefined;
  #broken: unknown;

  constructor(subject: LinearizabilitySubject, options: RunOptions, folder: string) {
    this.#subject = subject;
    this.#options = options;
    this.#folder = folder;
    this.#random = randomFrom(seedOf(options.seed, -1));
    const token = folder.slice(-6);
    this.#partitions = Array.from({ length: options.partitions }, (_, index) =>
      partitionName("l", [token, String(index)]),
    );
    const total = options.processes * options.clients * options.operations;
    this.#moments = Array.from({ length: options.faults }, () =>
      Math.floor((0.05 + 0.8 * this.#random()) * total),
    ).toSorted((one, other) => one - other);
  }

  async lines(): Promise<readonly Line[]> {
    const { processes, operations } = this.#options;
    const first = Array.from({ length: processes }, async () => {
      const process = this.#started++;
      return [process, await this.#start(process, operations)] as const;
    });
    // All of them, also where one fails: none may begin behind the end of the run.
    await Promise.allSettled(first);
    for (const [process, running] of await Promise.all(first)) {
      this.#follow(process, running.ended);
      running.go();
    }
    while (this.#live.size > 0) await Promise.all(this.#live.values());
    await this.#fault;
    if (this.#broken !== undefined) throw this.#broken;
    const all = [...this.#running.values()];
    const lines = await Promise.all(all.map((one) => one.lines()));
    return [...lines.flat(), ...(await this.#lastLook())];
  }

  async stop(): Promise<void> {
    await this.#fault;
    const killAll = (): Promise<unknown> =>
      Promise.all([...this.#running.values()].map(async (one) => one.kill?.()));
    await killAll();
    // One that was still starting has its own end, and is gone then.
    await Promise.allSettled(this.#live.values());
    await killAll();
  }

  async #start(process: number, operations: number): Promise<Running> {
    const { seed, clients, impatience, patienceMs } = this.#options;
    const partitions = this.#partitions;
    const job = { process, seed, partitions, clients, operations, impatience, patienceMs };
    const { open, given = "" } = this.#subject;
    const answered = (count: number): void => this.#count(count);
    const running =
      typeof open === "function"
        ? await startHere(job, open, answered)
        : await startProcess(job, { module: open, given, folder: this.#folder }, answered);
    this.#running.set(process, running);
    return running;
  }

  /** Keeps the run open until this one has ended. */
  #follow(process: number, ended: Promise<void>): void {
    const followed = ended.finally(() => this.#live.delete(process));
    followed.catch(() => undefined);
    this.#live.set(process, followed);
  }

  #count(answers: number): void {
    this.#answered += answers;
    const next = this.#moments[0];
    if (next === undefined || this.#answered < next || this.#fault) return;
    this.#moments.shift();
    this.#fault = this.#makeFault()
      .catch((error: unknown) => {
        this.#broken ??= error;
      })
      .finally(() => {
        this.#fault = undefined;
      });
  }

  async #makeFault(): Promise<void> {
    const faults: Faults = { ...this.#subject.faults };
    const killable = typeof this.#subject.open !== "function";
    const names = [...Object.keys(faults), ...(killable ? [KILL] : [])];
    if (names.length === 0) return;
    const name = oneOf(this.#random, names);
    this.faults.push(name);
    if (name === KILL) await this.#killOne();
    else await faults[name]?.();
  }

  /** Kills a process in the middle of whatever it does; another one comes in its place as soon as it can. */
  async #killOne(): Promise<void> {
    const running = [...this.#live.keys()].filter((process) => this.#running.has(process));
    const victim = this.#running.get(oneOf(this.#random, running));
    if (!victim?.kill) return;
    await victim.kill();
    const process = this.#started++;
    const succeed = async (): Promise<void> => {
      const successor = await this.#start(process, Math.ceil(this.#options.operations / 3));
      successor.go();
      await successor.ended;
    };
    this.#follow(process, succeed());
  }

  /** Reads each partition whole, as one more client: what was acknowledged must still be there. */
  async #lastLook(): Promise<readonly Line[]> {
    const { open, given = "" } = this.#subject;
    await using backend =
      typeof open === "function" ? await open() : await openFrom(open.href, given);
    const lines: Line[] = [];
    for (const [index, partition] of this.#partitions.entries())
      lines.push(...(await lookAt(backend, partition, `end.${index}`)));
    return lines;
  }
}

/** The fault that every run over processes has. */
const KILL = "kill a process";

/** A handle in this process stands for a process. */
async function startHere(
  job: Job,
  open: () => Backend | Promise<Backend>,
  answered: (count: number) => void,
): Promise<Running> {
  const backend = await open();
  const lines: Line[] = [];
  const begun = Promise.withResolvers<void>();
  const work = async (): Promise<void> => {
    await begun.promise;
    try {
      await runJob(
        job,
        backend,
        (line) => lines.push(line),
        () => answered(1),
      );
    } finally {
      await backend[Symbol.asyncDispose]();
    }
  };
  const ended = work();
  ended.catch(() => undefined);
  return { ended, go: () => begun.resolve(), lines: () => Promise.resolve(lines) };
}

async function lookAt(backend: Backend, partition: string, id: string): Promise<readonly Line[]> {
  const range = { from: " ", to: "~", limit: 1000 };
  const call: Call = { verb: "scan", range };
  for (let tries = 1; ; tries += 1) {
    const start = machineTime();
    const answer = await ask(backend, partition, call);
    const end = machineTime();
    if (typeof answer !== "string")
      return [
        { id, client: "end", partition, call, start },
        { id, end, answer },
      ];
    if (tries === LAST_LOOKS)
      throw new Error(`After the run, ${partition} could not be read: ${answer}.`);
    await pause(LAST_PAUSE_MS);
  }
}
