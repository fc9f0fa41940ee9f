import { defineConfig } from "vitest/config";

export default defineConfig({ test: { name: "inngest-bridge", include: ["test/**/*.test.ts"] } });
