import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    name: "checkpoint-core", // What takes two seconds alone takes longer on a busy machine.
    testTimeout: 30_000,
    // Many short files, most of whose time went into loading the same modules again: they share what a worker has loaded.
    isolate: false,
    include: ["test/**/*.test.ts"],
  },
});
