import { type Backend, memoryBackend } from "@perdure/checkpoint-core";

/** Throws whatever it is asked, with an error that is none of ours. */
export function open(): Backend {
  return { ...memoryBackend(), read: broken, scan: broken, write: broken };
}

function broken(): Promise<never> {
  return Promise.reject(new TypeError("not a function"));
}
