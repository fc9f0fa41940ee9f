import type { MockLanguageModelV4 } from "ai/test";
import { type Script, stub as aiStub } from "../ai-sdk/stub.ts";

export { call, text } from "../ai-sdk/stub.ts";

/** The AI SDK's stub model, as Mastra types the models that it takes. */
export function stub(
  script: Script,
  options: Parameters<typeof aiStub>[1] = {},
): { readonly model: never; readonly asked: MockLanguageModelV4["doGenerateCalls"] } {
  const { model, asked } = aiStub(script, options);
  return { model: model as never, asked };
}
