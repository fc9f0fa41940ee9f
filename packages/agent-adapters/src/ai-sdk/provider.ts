import {
  gateway,
  type LanguageModel,
  type LanguageModelMiddleware,
  type wrapLanguageModel,
} from "ai";

type WrapGenerate = NonNullable<LanguageModelMiddleware["wrapGenerate"]>;
type WrapStream = NonNullable<LanguageModelMiddleware["wrapStream"]>;

/** A model that can be wrapped. */
export type Model = Parameters<typeof wrapLanguageModel>[0]["model"];

/** What one call of a model gives. */
export type Generated = Awaited<ReturnType<WrapGenerate>>;

/** A piece of an answer, as a provider gives it. */
export type Content = Generated["content"][number];

/** What one call of a model gives, piece by piece. */
export type Streamed = Awaited<ReturnType<WrapStream>>;

/** A piece of a streamed answer. */
export type StreamPart = Streamed["stream"] extends ReadableStream<infer Part> ? Part : never;

/** The model, looked up as the SDK does where only its name is given. */
export function modelOf(model: LanguageModel): Model {
  if (typeof model !== "string") return model;
  const { AI_SDK_DEFAULT_PROVIDER: provider } = globalThis as {
    readonly AI_SDK_DEFAULT_PROVIDER?: { languageModel(id: string): Model };
  };
  return (provider ?? gateway).languageModel(model);
}
