import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "store-tour", include: ["test/**/*.test.ts"] } });
