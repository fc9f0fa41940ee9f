import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "ziro", include: ["test/**/*.test.ts"] } });
