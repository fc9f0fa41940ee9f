import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Item } from "./table.ts";

/**
 * The bytes that the service counts for an item (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html): names and strings in UTF-8, binary as it is, a number about one byte for
 * two digits and one more, a list or a map 3 bytes and 1 for each entry.
 */
export function bytesOf(item: Item): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  );
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.L !== undefined) return value.L.reduce((sum, one) => sum + 1 + valueBytes(one), 3);
  if (value.M !== undefined) return bytesOf(value.M) + 3 + Object.keys(value.M).length;
  return 1;
}

/** Digits without the zeros at both ends, two to a byte, and a byte for the sign and the exponent. */
function numberBytes(text: string): number {
  const digits = text
    .replace(/^-/, "")
    .replace(/\./, "")
    .replace(/^0+|0+$/g, "");
  return Math.ceil(Math.max(1, digits.length) / 2) + 1 + (text.startsWith("-") ? 1 : 0);
}
