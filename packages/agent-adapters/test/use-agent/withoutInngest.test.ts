import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { framework } from "../ai-sdk/scene.ts";
import { sqlite } from "../scenarios/place.ts";
import { sending } from "./site.ts";

interface Told {
  readonly answers: readonly { readonly status: number; readonly body: unknown }[];
  readonly models: number;
  readonly effects: readonly string[];
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What a process answered that has no Inngest. */
async function inProcess(url: string, requests: readonly object[]): Promise<Told> {
  const flags = ["--import", here("../fixtures/withoutInngest.ts"), here("fixtures/process.ts")];
  const all = [...flags, url, JSON.stringify(requests)];
  const { stdout } = await promisify(execFile)(process.execPath, all);
  return JSON.parse(stdout) as Told;
}

function asks(user: string, method: string, path: string, body?: unknown): object {
  return { user, method, path, ...(body === undefined ? {} : { body }) };
}

function approve(user: string): object {
  return asks(user, "POST", "/api/approve-tool", {
    threadId: "t",
    toolCallId: "c1",
    action: "approve",
  });
}

test("the routes need no Inngest: a run that one process has begun goes on in another that agrees to it", async () => {
  await using place = await sqlite.pair();
  const first = await inProcess(place.url, [
    asks("ada", "POST", "/api/chat", sending("t", framework.prompt, { id: "m", state: { n: 1 } })),
    asks("ada", "GET", "/api/threads/t/events"),
    asks("ada", "POST", "/api/realtime/token", {}),
  ]);
  expect(first.answers).toMatchObject([
    { status: 200, body: { success: true, threadId: "t" } },
    { status: 200, body: expect.stringContaining("hitl.requested") as string },
    { status: 501 },
  ]);
  expect(first).toMatchObject({ models: 2, effects: ["lookup 7", "lookup 8"] });
  const second = await inProcess(place.url, [
    approve("bob"),
    asks("bob", "GET", "/api/threads/t/events"),
    approve("ada"),
    approve("ada"),
    asks("ada", "GET", "/api/threads/t"),
    asks("bob", "DELETE", "/api/threads/t"),
  ]);
  expect(second.answers.map(({ status }) => status)).toEqual([404, 404, 200, 200, 200, 404]);
  expect(second).toMatchObject({ models: 2, effects: ["refund 7", "refund 8"] });
  expect(second.answers.at(-2)?.body).toMatchObject({
    messages: [
      { type: "user", message_id: "m", content: framework.prompt, clientState: { n: 1 } },
      { type: "agent" },
      {
        type: "agent",
        data: {
          output: expect.arrayContaining([
            expect.objectContaining({ content: "Both are paid." }),
          ]) as unknown,
        },
      },
    ],
  });
  const [sent] = first.answers.map(({ body }) => body as { readonly runId: string });
  expect((await place.a.runs.get(sent?.runId ?? ""))?.status).toBe("completed");
});
