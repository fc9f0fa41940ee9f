/**
 * What the pages leave to their readers, by name: the expression of its type. A block gets those that it uses and does not declare itself, so what is missing in it and not
 * here does not compile.
 */
export const theirs: Readonly<Record<string, string>> = {
  store: 'import("@perdure/checkpoint-core").Store',
  backend: 'import("@perdure/checkpoint-core").Backend',
  lease: 'import("@perdure/checkpoint-core").Lease',
  notifier: 'import("@perdure/checkpoint-core").Notifier',
  threadId: "string",
  runId: "string",
  key: "string",
  attempt: "number",
  from: "number",
  receipt: "unknown",
  signal: "AbortSignal",
  support: 'ReturnType<typeof import("@perdure/inngest-bridge").createInngestAgent>',
  answer: "unknown",
  oldKey: "Uint8Array",
  newKey: "Uint8Array",
  payments: "{ refund(order: unknown, options?: object): Promise<unknown> }",
  sessions: "{ of(cookie: string | null): Promise<{ userId: string } | undefined> }",
  ask: "(question: string) => Promise<boolean>",
  send: "(index: number, value: unknown) => void",
  show: "(...what: unknown[]) => void",
  embed: "(texts: readonly string[]) => Promise<readonly Float32Array[]>",
  hostedMemories:
    '(tenant?: string, user?: string) => import("@perdure/checkpoint-core").MemoryStore',
  myBackend: '(options: unknown) => import("@perdure/checkpoint-core").Backend',
  emptyDatabase: "() => unknown",
  inngest: 'import("inngest").Inngest',
  // Of whichever framework the page is about.
  agent: "any",
  model: 'import("@perdure/agent-adapters/ziro").ZiroModel',
  refundOrder: 'import("@mastra/core/tools").Tool<any, any>',
  desk: 'import("@openai/agents").Agent',
  billing: 'import("@perdure/agent-adapters/ziro").ZiroAgent',
  provider: 'import("@openai/agents").ModelProvider',
  tools: 'import("ai").ToolSet',
  run: '(agent: unknown, prompt: unknown) => Promise<import("@perdure/inngest-bridge").RunResult>',
  agents: 'import("@inngest/agent-kit").Agent<any>[]',
  // The reader's own page.
  Chat: "() => undefined",
  router: 'import("@inngest/agent-kit").Network.Router<any>',
};
