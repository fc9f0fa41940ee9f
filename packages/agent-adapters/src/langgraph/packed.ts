import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";

/** A value as LangGraph's serializer makes it: its JSON as structure, so that a store keeps what changes and no more; anything else as bytes. */
export type Packed =
  | { readonly json: unknown }
  | { readonly type: string; readonly bytes: Uint8Array };

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The value, serialized. */
export async function pack(serde: SerializerProtocol, value: unknown): Promise<Packed> {
  const [type, bytes] = await serde.dumpsTyped(value);
  const json = type === "json" ? parsed(bytes) : undefined;
  return json ?? { type, bytes };
}

/** The value that was packed. */
export async function unpack(serde: SerializerProtocol, packed: Packed): Promise<unknown> {
  if ("json" in packed) return serde.loadsTyped("json", JSON.stringify(packed.json));
  return serde.loadsTyped(packed.type, packed.bytes);
}

/** Somebody's own serializer may call something JSON that is none. */
function parsed(bytes: Uint8Array): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(decoder.decode(bytes)) as unknown };
  } catch {
    return undefined;
  }
}
