import type { JSX } from "react";
import { textOf } from "./desk.ts";

/** Where a message is written, and an answer stopped. */
export function Composer({
  tone,
  status,
  onTone,
  onSend,
  onStop,
}: {
  readonly tone: string;
  readonly status: string;
  readonly onTone: (tone: string) => void;
  readonly onSend: (text: string) => void;
  readonly onStop: () => void;
}): JSX.Element {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const text = textOf(new FormData(form).get("text")).trim();
        if (text === "") return;
        form.reset();
        onSend(text);
      }}
    >
      <select aria-label="tone" value={tone} onChange={(event) => onTone(event.target.value)}>
        <option>friendly</option>
        <option>brief</option>
      </select>
      <input name="text" aria-label="message" autoComplete="off" />
      <button type="submit">Send</button>
      <button type="button" disabled={status === "ready"} onClick={onStop}>
        Stop
      </button>
      <output aria-label="status">{status}</output>
    </form>
  );
}
