/** What Inngest's `step` can do, beside `ai`. */
const METHODS = [
  "run",
  "sleep",
  "sleepUntil",
  "sendEvent",
  "invoke",
  "waitForEvent",
  "waitForSignal",
  "sendSignal",
  "fetch",
] as const;

type Method = (typeof METHODS)[number];

/** Steps of which each is made in the same way, but for those that are given. */
export function stepsLike(
  made: (...given: never[]) => Promise<unknown>,
  own: { readonly [Name in Method | "ai"]?: unknown } = {},
): object {
  const all = Object.fromEntries(METHODS.map((name) => [name, made]));
  return { ...all, ai: { infer: made, wrap: made }, ...own };
}

/** Steps that are none: whoever makes one says that the work has to be carried out where steps can be made, and is not heard of again. */
export function probingSteps(found: () => void): object {
  return stepsLike(async () => {
    found();
    return new Promise<never>(() => undefined);
  });
}
