import type { Thread } from "@inngest/use-agent";
import type { JSX } from "react";

/** The list of conversations, the last active one first. */
export function Threads({
  threads,
  currentThreadId,
  onNew,
  onOpen,
  onDelete,
}: {
  readonly threads: readonly Thread[];
  readonly currentThreadId: string | null;
  readonly onNew: () => void;
  readonly onOpen: (id: string) => void;
  readonly onDelete: (id: string) => void;
}): JSX.Element {
  return (
    <nav>
      <button type="button" onClick={onNew}>
        New conversation
      </button>
      <ul aria-label="threads">
        {threads.map(({ id, title }) => (
          <li key={id} aria-current={id === currentThreadId}>
            <button type="button" onClick={() => onOpen(id)}>
              {title}
            </button>
            <button type="button" aria-label={`Delete ${title}`} onClick={() => onDelete(id)}>
              ×
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}
