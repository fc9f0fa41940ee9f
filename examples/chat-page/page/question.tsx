import type { JSX } from "react";

/** A call that waits for the user. */
export interface Asked {
  readonly threadId: string;
  readonly requestId: string;
  readonly toolCalls: readonly { readonly toolName: string; readonly toolInput: unknown }[];
}

/** Asks the user whether a call may be done. */
export function Question({
  asked: { toolCalls },
  onApprove,
  onDeny,
}: {
  readonly asked: Asked;
  readonly onApprove: () => void;
  readonly onDeny: (reason: string) => void;
}): JSX.Element {
  return (
    <section aria-label="approval">
      {toolCalls.map(({ toolName, toolInput }) => (
        <p key={toolName}>
          May the desk do{" "}
          <code>
            {toolName} {JSON.stringify(toolInput)}
          </code>
          ?
        </p>
      ))}
      <button type="button" onClick={onApprove}>
        Approve
      </button>
      <button type="button" onClick={() => onDeny("The user said no.")}>
        Deny
      </button>
    </section>
  );
}
