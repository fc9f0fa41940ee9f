import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Runs the first program of a package's README twice, each time as a process in the package's folder, and says what each has printed. `here` puts what is on this machine in the place of what stands
 * on the page. Rejects when a program fails, or has not ended by itself after 30 seconds.
 */
export async function playedTwice(
  readme: URL,
  here: (program: string) => string,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const [, program] = /```ts\n([^]*?)```/.exec(await readFile(readme, "utf8")) ?? [];
  if (program === undefined) throw new Error(`${readme.pathname} has no program.`);
  const words = ["--disable-warning=ExperimentalWarning", "--input-type=module-typescript", "-e"];
  const printed: string[] = [];
  for (let time = 0; time < 2; time += 1) {
    const { stdout } = await run(process.execPath, [...words, here(program)], {
      cwd: new URL(".", readme),
      env: { ...process.env, ...env },
      timeout: 30_000,
    });
    printed.push(stdout);
  }
  return printed;
}
