import { type ChildProcess, fork } from "node:child_process";
import type { Answer, Ask, Question } from "./history-party.ts";

/** A process that does what it is asked, several things at once if it is asked so. */
export interface Party {
  /** What it comes to. Rejects with what went wrong there, also if the process has ended. */
  ask(what: Ask): Promise<unknown>;
  end(): void;
}

/** Starts a process with the arguments given. */
export function startParty(...args: readonly string[]): Party {
  const child: ChildProcess = fork(new URL("history-party.ts", import.meta.url), [...args]);
  const waiting = new Map<number, (answer: Answer) => void>();
  let asked = 0;
  const tell = (answer: Answer): void => {
    waiting.get(answer.n)?.(answer);
    waiting.delete(answer.n);
  };
  child.on("message", (answer: Answer) => tell(answer));
  child.on("exit", (code) => {
    for (const n of waiting.keys()) tell({ n, failed: `A party has ended with ${code}.` });
  });
  return {
    async ask(what) {
      const n = asked++;
      const answer = await new Promise<Answer>((resolve) => {
        waiting.set(n, resolve);
        const question: Question = { n, ask: what };
        child.send(question, (error) => {
          if (error) tell({ n, failed: error.message });
        });
      });
      if (answer.failed !== undefined) throw new Error(answer.failed);
      return answer.given;
    },
    end() {
      if (child.connected) child.disconnect();
    },
  };
}
