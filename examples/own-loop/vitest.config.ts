import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "own-loop", include: ["test/**/*.test.ts"] } });
