import { readFile } from "node:fs/promises";
import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { sendCurl, shellLines } from "@perdure/stage/curl";
import { expect, test } from "vitest";
import { stubModel } from "../src/model.ts";
import { startSite } from "../src/site.ts";

test("the requests of docs/use-agent.md do what stands beside them", async () => {
  const store = createStore({ backend: memoryBackend() });
  await using site = await startSite({ store, model: stubModel(0) });
  const page = await readFile(new URL("../../../docs/use-agent.md", import.meta.url), "utf8");
  const [ask = "", ...lines] = shellLines(page);
  const [, curl = ""] = /^ask\(\) \{ (curl .*) "\$@"; \}$/.exec(ask) ?? [];
  const left: Record<string, string> = { $SESSION: `session=${site.signIn("ada")}` };
  const send = async (place: number): Promise<Response> =>
    sendCurl(lines[place]?.replace(/^ask/, curl) ?? "", site.url, left);

  expect(await (await send(0)).json()).toEqual({
    success: true,
    threadId: "t1",
    runId: expect.any(String) as string,
  });
  const heard = await (await send(1)).text();
  const [, requestId = ""] = /"requestId":"([^"]*)"/.exec(heard) ?? [];
  expect(heard).toContain("hitl.requested");
  left["REQUEST_ID"] = requestId;
  expect(await (await send(2)).json()).toMatchObject({ success: true });
  await (await send(1)).text();
  expect(await (await send(3)).json()).toMatchObject({
    thread: { id: "t1" },
    messages: [{ type: "user", content: "Refund order 7" }, { type: "agent" }],
  });
  expect((await send(4)).status).toBe(200);
  expect(lines).toHaveLength(5);
});
