import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Resumes the refund graph of a thread in a process of its own, and answers the state at its end. */
export async function inOtherProcess(
  url: string,
  threadId: string,
  resume: unknown,
): Promise<unknown> {
  const worker = new URL("worker.ts", import.meta.url).pathname;
  const told = JSON.stringify({ url, threadId, resume });
  const { stdout } = await promisify(execFile)(process.execPath, [worker, told]);
  return JSON.parse(stdout) as unknown;
}
