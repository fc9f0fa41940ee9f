import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "inferred-model", include: ["test/**/*.test.ts"] } });
