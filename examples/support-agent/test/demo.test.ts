import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { freshPlace } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { afterAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { findRealInngest } from "../../../packages/inngest-bridge/test/protocol/realServer.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
const [, shown = ""] = /```text\n([^]*?)```/.exec(readme) ?? [];
const script = fileURLToPath(new URL("../src/demo.ts", import.meta.url));
const real = await findRealInngest();
afterAll(() => real?.[Symbol.asyncDispose]());

const servers: readonly { readonly how: string; readonly url: string | undefined }[] = [
  { how: "the stand-in", url: undefined },
  ...(real ? [{ how: real.how, url: real.url }] : []),
];

interface Played {
  readonly code: number;
  readonly output: string;
}

/** Runs the demo as its own process, whatever model, server and store the environment names. */
async function demo(prompt: string, inngest?: string, storeUrl?: string): Promise<Played> {
  const child = spawn(process.execPath, [script], {
    env: {
      ...process.env,
      PROMPT: prompt,
      STORE_URL: storeUrl,
      OPENAI_API_KEY: undefined,
      INNGEST_DEV: inngest,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exit = new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await exit, output: output + errors };
}

function expectOneRefund({ code, output }: Played): void {
  expect(output).toContain("the run is suspended");
  expect(output).toContain("killed with SIGKILL");
  expect(output).toContain('{"counted":true,"status":"approved","by":"dana"}');
  expect(output).toContain("the run is completed");
  expect(output).toContain('a second approval: {"counted":false,"status":"approved","by":"dana"}');
  expect(output).toMatch(/model calls answered +3 +3\n/);
  expect(output).toMatch(/refunds paid +1 +1\n/);
  expect(output).toMatch(/approvals that counted +1 +1\n/);
  expect(output).toMatch(/second approvals that counted +0 +0\n/);
  expect(output).toMatch(/refund requests received +1\n/);
  expect(output).toContain("They agree.");
  expect(output).toContain(shown);
  expect(code).toBe(0);
}

describe.each(servers)("on $how", { timeout: 180_000 }, ({ url }) => {
  test("a killed process's run is finished by another one, with one refund", async () => {
    expectOneRefund(await demo("Please refund order #77.", url));
  });

  test("a prompt without a refund ends without a person", async () => {
    const { code, output } = await demo("Hello!", url);
    expect(output).toContain("the run is completed");
    expect(output).toMatch(/model calls answered +1 +1\n/);
    expect(output).toMatch(/refunds paid +0 +0\n/);
    expect(code).toBe(0);
  });
});

for (const engine of ["postgres", "redis", "dynamodb"] as const)
  describeOn(engine, `with its store in ${engine}`, () => {
    test("a killed process's run is finished by another one, with one refund", async () => {
      const place = freshPlace(engine, inject(`${engine}Url`));
      onTestFinished(place.remove);
      expectOneRefund(await demo("Please refund order #77.", undefined, place.url));
    }, 180_000);
  });
