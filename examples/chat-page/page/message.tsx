import type { ConversationMessage } from "@inngest/use-agent";
import type { JSX } from "react";
import { textOf } from "./desk.ts";

/** A message: its texts and tool calls, and the state of the page that was sent with it. */
export function Message({
  message: { role, parts, clientState },
  onRestore,
}: {
  readonly message: ConversationMessage;
  readonly onRestore: () => void;
}): JSX.Element {
  const tone = textOf(clientState?.["tone"]);
  return (
    <li className={role}>
      {(parts as readonly Part[]).map((part, nth) => (
        <Piece key={`${nth}`} part={part} />
      ))}
      {tone === "" ? null : (
        <button type="button" className="state" onClick={onRestore}>
          {tone}
        </button>
      )}
    </li>
  );
}

/** The parts that are shown here, as the hook makes them. */
type Part =
  | { readonly type: "text"; readonly content: string }
  | {
      readonly type: "tool-call";
      readonly toolName: string;
      readonly input: unknown;
      readonly output?: { readonly data: unknown };
    }
  | { readonly type: "other" };

function Piece({ part }: { readonly part: Part }): JSX.Element | null {
  if (part.type === "text") return part.content === "" ? null : <p>{part.content}</p>;
  if (part.type !== "tool-call") return null;
  const { toolName, input, output } = part;
  return (
    <code>
      {toolName} {JSON.stringify(input)}
      {output === undefined ? "" : ` → ${String(output.data)}`}
    </code>
  );
}
