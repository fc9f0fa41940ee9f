import {
  type Backend,
  createStore,
  memoryBackend,
  type Store,
  type StoreOptions,
  type StreamEvent,
} from "@perdure/checkpoint-core";

/** A store whose clock stands. */
export function open(
  backend: Backend = memoryBackend(),
  options: Partial<StoreOptions> = {},
): Store {
  return createStore({ backend, now: () => 1000, ...options });
}

/** The code of what the call rejects with, or `answered`. */
export const codeOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "answered",
    (error: { readonly code: string }) => error.code,
  );

/** What a follower is given, and what came of it. */
export function gather(events: AsyncIterable<StreamEvent>): {
  readonly got: StreamEvent[];
  readonly over: Promise<string>;
} {
  const got: StreamEvent[] = [];
  const over = (async () => {
    try {
      for await (const event of events) got.push(event);
      return "finished";
    } catch (error) {
      return (error as { readonly code: string }).code;
    }
  })();
  return { got, over };
}

/** Events whose values are their indexes. */
export const counting = (count: number, from = 0): StreamEvent[] =>
  Array.from({ length: count }, (_, at) => ({ index: from + at, value: from + at }));
