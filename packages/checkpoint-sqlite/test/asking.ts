import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** What a process answers that is told something. Rejects when it ends before. */
export async function answerOf(child: ChildProcess, told: string | number): Promise<unknown> {
  const answered = nextOf(child);
  child.send(told);
  return answered;
}

/** The next word of a process. Rejects when it ends before. */
export async function nextOf(child: ChildProcess): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  const ended = async (): Promise<never> => {
    const [code, killed] = (await once(child, "exit", { signal })) as [unknown, unknown];
    throw new Error(`The process ended with ${String(code ?? killed)} and has not answered.`);
  };
  try {
    const [answer] = (await Promise.race([once(child, "message", { signal }), ended()])) as [
      unknown,
    ];
    return answer;
  } finally {
    over.abort();
  }
}
