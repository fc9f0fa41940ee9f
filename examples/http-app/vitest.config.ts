import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "http-app", include: ["test/**/*.test.ts"] } });
