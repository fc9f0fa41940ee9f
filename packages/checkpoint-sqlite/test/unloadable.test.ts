import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { expect, test, vi } from "vitest";
import { testFile } from "./folder.ts";

// The driver as it is where its binary is missing or another Node's: it can be imported, and fails when it is used.
const driver = vi.hoisted(() => {
  const failure = { error: new Error() };
  function Database(): never {
    throw failure.error;
  }
  return { failure, Database };
});
vi.mock("better-sqlite3", () => ({ default: driver.Database }));

test.each([
  Object.assign(new Error("compiled against a different Node.js version"), {
    code: "ERR_DLOPEN_FAILED",
  }),
  new Error("Could not locate the bindings file. Tried: …"),
])(
  "a driver that is installed and cannot be loaded is BACKEND, with both ways out, and none takes its place",
  async (error) => {
    driver.failure.error = error;
    const path = await testFile();
    for (const named of [{}, { driver: "better-sqlite3" }] as const) {
      await using store = sqliteStore({ path, ...named });
      await expect(store.setup()).rejects.toMatchObject({
        code: "BACKEND",
        retryable: false,
        message:
          'better-sqlite3 is installed, and its binary cannot be loaded into this Node: run "npm rebuild better-sqlite3", or give `driver: "node:sqlite"`.',
        cause: error,
      });
    }
    await using store = sqliteStore({ path, driver: "node:sqlite" });
    await store.setup();
  },
);
