import type { Place } from "./place.ts";
import { MemoryView } from "./view.ts";

/** What a process has seen of the scopes that it searched last. */
export interface MemoryViews {
  of(place: Place): MemoryView;
  /** Forgets the views that were used longest ago, until the rest is at most 1,000 views of 96 MB. Forgetting one costs a cold search. */
  trim(): void;
}

/** Bytes of all views of a store; one scope takes about twice the bytes of its memories, and its vectors. */
const MAX_BYTES = 96 * 1024 * 1024;
/** Views of a store, small ones too. */
const MAX_VIEWS = 1000;

/** No scope was searched. */
export function memoryViews(maxBytes: number = MAX_BYTES): MemoryViews {
  const views = new Map<string, MemoryView>();
  return {
    of({ partition, root }) {
      const name = `${partition.name} ${root}`;
      const view = views.get(name) ?? new MemoryView();
      views.delete(name);
      views.set(name, view);
      return view;
    },
    trim() {
      let bytes = [...views.values()].reduce((total, view) => total + view.bytes, 0);
      for (const [name, view] of views) {
        if ((bytes <= maxBytes && views.size <= MAX_VIEWS) || views.size === 1) return;
        bytes -= view.bytes;
        views.delete(name);
      }
    },
  };
}
