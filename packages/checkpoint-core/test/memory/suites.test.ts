import { createStore, memoryBackend, type MemoryStore } from "@perdure/checkpoint-core";
import { memoryStoreSuite } from "@perdure/checkpoint-core/conformance/vitest";
import { naiveMemory, type NaiveService } from "../conformance/naiveMemory.ts";

memoryStoreSuite("our memories", {
  async create() {
    const backend = memoryBackend();
    const open = (user?: string): MemoryStore =>
      createStore({ backend, scope: user === undefined ? {} : { user } }).memory;
    return { memory: open(), another: async () => open(), as: async (user) => open(user) };
  },
});

memoryStoreSuite("somebody else's memories", {
  async create() {
    const service = serviceOf();
    const open = (user?: string): MemoryStore => naiveMemory(service, user);
    return { memory: open(), another: async () => open(), as: async (user) => open(user) };
  },
});

memoryStoreSuite("somebody else's memories, which know each user alone and forbid nothing", {
  async create() {
    const services = new Map<string, NaiveService>();
    const open = (user = ""): MemoryStore => {
      const service = services.get(user) ?? serviceOf();
      services.set(user, service);
      return naiveMemory(service, user);
    };
    return {
      memory: open(),
      another: async () => open(),
      as: async (user) => open(user),
      raw: true,
    };
  },
});

memoryStoreSuite("somebody else's memories in a store", {
  async create() {
    const backend = memoryBackend();
    const service = serviceOf();
    const open = (user?: string): MemoryStore =>
      createStore({
        backend,
        memory: (scope) => naiveMemory(service, scope.user),
        scope: user === undefined ? {} : { user },
      }).memory;
    return { memory: open(), another: async () => open(), as: async (user) => open(user) };
  },
});

function serviceOf(): NaiveService {
  return { shelves: new Map(), owners: new Map(), revision: 0 };
}
