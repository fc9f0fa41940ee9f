import { encodeText } from "@perdure/checkpoint-core";
import { truncated } from "./excerpt.ts";
import { plainJson } from "./output.ts";

/** What a dashboard shows as a step's input: filled by the step's work, so it is what that had. It is handed to Inngest empty, decides nothing, and is not kept with the run's state. */
export type ShownInput = Record<string, unknown>;

/** Up to here a field is shown whole, in bytes of its text; of a larger one its size, its first 1,024 characters and its digest. */
const SHOWN_BYTES = 2048;

/** Says of a step what its input is. Dates and the like are shown as text. What cannot be read is not shown: a step never fails of it. */
export function showInput(
  shown: ShownInput | undefined,
  fields: () => Readonly<Record<string, unknown>>,
): void {
  if (!shown) return;
  try {
    for (const [name, value] of Object.entries(fields())) shown[name] = shownField(value);
  } catch {
    // Nothing depends on what is shown.
  }
}

function shownField(value: unknown): unknown {
  const isSmall = Buffer.byteLength(encodeText(value)) <= SHOWN_BYTES;
  return plainJson(isSmall ? value : truncated(value));
}
