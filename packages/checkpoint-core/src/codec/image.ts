import { type Bounds, boundsOf } from "./bounds.ts";
import { fromJson } from "./read.ts";
import { type Splice, spliceTree, type Tree, weighTree } from "./splice.ts";
import { parseJson, printJson } from "./text.ts";
import { toJson } from "./write.ts";

/**
 * A state that a process keeps: ours, never the user's object, and never changed. Changes make new images that share what did not
 * change, so two branches on one image do not see each other, and appending to a long list costs what is appended.
 */
export interface StateImage extends Tree {
  /** The exact length of {@link textOf} in UTF-8. */
  readonly bytes: number;
}

/** An image of a user's value: a copy. Throws as `encodeText` does. */
export function imageOf(value: unknown, bounds?: Partial<Bounds>): StateImage {
  const limits = boundsOf(bounds);
  const { json } = toJson(value, limits);
  // One splice of the whole state, so that the bounds are checked in one place.
  return spliceTree({ root: null, bytes: 4, nodes: 1 }, { op: "set", at: [], value: json }, limits);
}

/** An image of a text that {@link textOf} or `encodeText` made. Throws as `decodeText` does. */
export function imageOfText(text: string, bounds?: Partial<Bounds>): StateImage {
  const limits = boundsOf(bounds);
  const root = parseJson(text, limits);
  fromJson(root, limits);
  return weighTree(root);
}

/** The image after the splices, in their order; `image` stays as it was. Throws `CORRUPT` where one does not fit, `TOO_LARGE` beyond the bounds. */
export function applySplices(
  image: StateImage,
  splices: readonly Splice[],
  bounds?: Partial<Bounds>,
): StateImage {
  const limits = boundsOf(bounds);
  return splices.reduce<StateImage>((tree, splice) => spliceTree(tree, splice, limits), image);
}

/** The text of the whole state: `encodeText(valueOf(image))`. */
export function textOf(image: StateImage): string {
  return printJson(image.root, boundsOf());
}

/** The state as a fresh copy for the user, who may do with it what they like. */
export function valueOf(image: StateImage, bounds?: Partial<Bounds>): unknown {
  return fromJson(image.root, boundsOf(bounds));
}
