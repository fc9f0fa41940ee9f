import {
  apart,
  createStore,
  historyConfig,
  memoryBackend,
  openStore,
} from "@perdure/checkpoint-core";
import { expect, test } from "vitest";

test.each([
  "postgress://ann:s3cret@host/agents",
  " postgres://ann:s3cret@host/agents",
  "mysql://ann:s3cret@host/agents",
  "ann:s3cret@host",
])("a URL that no store has is refused without a word of what stands in it: %s", async (url) => {
  const refused = await openStore(url).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(String(refused)).not.toMatch(/s3cret|host/);
});

test.each([
  [undefined, /got none \(is its variable set\?\)/],
  ["./agents.db", /got none \(a file is file:\.\/agents\.db\)/],
  ["sqlite:agents.db", /got sqlite: \(a file is file:/],
])("says what a URL lacks: %s", async (url, says) => {
  await expect(openStore(url)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringMatching(says),
  });
});

test("a store without a backend is refused", () => {
  for (const given of [undefined, {}, { backend: {} }])
    expect(() => createStore(given as never)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("memoryBackend()"),
      }),
    );
});

test.each([undefined, null, "ann", Promise.resolve({ user: "ann" }), { userId: "ann" }])(
  "a scope that says nobody is refused, and opens nothing: %s",
  async (scope) => {
    await using store = await openStore("memory:");
    const refusal = expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/`tenant`/),
    });
    expect(() => store.for(scope as never)).toThrow(refusal);
    if (scope === undefined) return;
    expect(() => createStore({ backend: memoryBackend(), scope: scope as never })).toThrow(refusal);
  },
);

test("a message that is not in an entry is refused, and nothing is kept of it", async () => {
  await using store = await openStore("memory:");
  const message = { role: "user", content: "Hi" };
  const wrong: readonly unknown[] = [[message], message, "Hi", ["Hi"]];
  for (const entries of wrong)
    await expect(
      store.history.append("t", entries as never, { operationId: "o" }),
    ).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("`value`"),
    });
  expect(await store.history.read("t")).toEqual([]);
});

test("the scheme of a URL may be in capitals", async () => {
  await using store = await openStore("MEMORY:");
  expect(await store.checkpoints.get("t")).toBeNull();
});

test("setup is asked to create or to verify, and for nothing else", async () => {
  const store = createStore({ backend: memoryBackend() });
  await expect(store.setup("check" as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("an option that neither store nor backend has is refused with the names of both", () => {
  const names: ReadonlySet<string> = new Set(["path"]);
  expect(() => apart({ path: "a", pathh: "b" }, names)).toThrow(
    /no option `pathh`; it has path, .*keepLast/,
  );
  expect(() => apart(undefined as never, names)).toThrow(/opened with options/);
  expect(apart({ path: "a", keepLast: 3 }, names)).toEqual({
    forBackend: { path: "a" },
    forStore: { keepLast: 3 },
  });
});

test("a history without AgentKit's class is refused when it is made", () => {
  const store = createStore({ backend: memoryBackend() });
  expect(() => historyConfig(store, { agentResult: Date } as never)).toThrow(/AgentResult/);
  expect(() => historyConfig(store, undefined as never)).toThrow(/AgentResult/);
});
