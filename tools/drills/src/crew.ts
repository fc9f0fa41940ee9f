import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Answer, Ask, Question } from "./worker.ts";

/** A process that does what it is asked, several things at once if it is asked so. */
export interface Worker {
  /** What it comes to. Rejects with what went wrong there, also if the process has ended. */
  ask<T>(what: Ask): Promise<T>;
}

/** Processes that share a module; gone when they are disposed of. */
export interface Crew extends AsyncDisposable {
  readonly workers: readonly Worker[];
  /** Each is asked; their answers in order. */
  all<T>(what: (worker: number) => Ask): Promise<T[]>;
}

/** Starts so many processes. */
export function startCrew(module: URL, count: number): Crew {
  const children = Array.from({ length: count }, (_, id) =>
    fork(new URL("worker.ts", import.meta.url), [module.href, String(id)], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    }),
  );
  const workers = children.map(workerOf);
  return {
    workers,
    all: (what) => Promise.all(workers.map((worker, id) => worker.ask(what(id)))) as never,
    async [Symbol.asyncDispose]() {
      for (const child of children) await ended(child);
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  if (child.connected) child.disconnect();
  await gone;
}

function workerOf(child: ChildProcess): Worker {
  const waiting = new Map<number, (answer: Answer) => void>();
  let asked = 0;
  const tell = (answer: Answer): void => {
    waiting.get(answer.n)?.(answer);
    waiting.delete(answer.n);
  };
  child.on("message", tell);
  child.on("exit", (code, signal) => {
    for (const n of waiting.keys())
      tell({ n, failed: `The process has ended with ${signal ?? code}.` });
  });
  return {
    async ask<T>(ask: Ask): Promise<T> {
      const n = asked++;
      const answer = await new Promise<Answer>((resolve) => {
        waiting.set(n, resolve);
        const question: Question = { n, ask };
        child.send(question, (error) => {
          if (error) tell({ n, failed: error.message });
        });
      });
      if ("failed" in answer) throw new Error(answer.failed);
      return answer.given as T;
    },
  };
}
