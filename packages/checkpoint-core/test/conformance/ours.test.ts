import { AgentResult } from "@inngest/agent-kit";
import {
  createStore,
  historyConfig,
  type HistoryStore,
  memoryBackend,
} from "@perdure/checkpoint-core";
import type { ConfigHooks } from "@perdure/checkpoint-core/conformance";
import {
  checkpointerSuite,
  historyConfigSuite,
  historyStoreSuite,
} from "@perdure/checkpoint-core/conformance/vitest";

checkpointerSuite("our checkpointer", {
  async create() {
    const backend = memoryBackend();
    return {
      checkpointer: createStore({ backend }).checkpoints,
      another: async () => createStore({ backend }).checkpoints,
    };
  },
});

historyConfigSuite("our history of AgentKit", {
  AgentResult,
  async create() {
    const backend = memoryBackend();
    const open = (user?: string): ConfigHooks =>
      historyConfig(createStore({ backend, scope: user === undefined ? {} : { user } }), {
        AgentResult,
      });
    return { history: open(), another: async () => open(), as: async (user) => open(user) };
  },
});

historyStoreSuite("our history", {
  async create() {
    const backend = memoryBackend();
    const open = (user?: string): HistoryStore =>
      createStore({ backend, scope: user === undefined ? {} : { user } }).history;
    return { history: open(), another: async () => open(), as: async (user) => open(user) };
  },
});
