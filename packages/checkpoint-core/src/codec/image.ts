import {
  type Bounds,
  boundedBytes,
  boundsOf,
  isOutOfStack,
  tooDeep,
  tooManyBytes,
} from "./bounds.ts";
import { differenceOf } from "./difference.ts";
import { countNodes, type Json } from "./json.ts";
import { fromJson } from "./read.ts";
import { Scale, type Weight } from "./scale.ts";
import { type Splice, spliceTree } from "./splice.ts";
import { parseJson, printJson } from "./text.ts";
import { toJson } from "./write.ts";

/**
 * A state that a process keeps: ours, never the user's object, and never changed. Changes make new images that share what did not
 * change, so two branches on one image do not see each other, and appending to a long list costs what is appended.
 */
export interface StateImage {
  /** The state as tagged JSON, which nobody may change. */
  readonly root: Json;
  /**
   * The exact length of {@link textOf} in UTF-8 bytes. An image that was read weighs itself when it is first asked; all that are made from it
   * after that know their weight.
   */
  readonly bytes: number;
  /** The JSON values in it. */
  readonly nodes: number;
}

class Image implements StateImage {
  readonly root: Json;
  #weight: Weight | undefined;

  constructor(root: Json, weight: Weight | undefined) {
    this.root = root;
    this.#weight = weight;
  }

  get bytes(): number {
    return this.#weighed().bytes;
  }

  get nodes(): number {
    return this.#weighed().nodes;
  }

  /** A scale to change it on; none while its weight is not known. */
  get scale(): Scale | undefined {
    return this.#weight === undefined ? undefined : new Scale(this.#weight);
  }

  #weighed(): Weight {
    this.#weight ??= {
      bytes: Buffer.byteLength(textOf(this)),
      nodes: countNodes(this.root, Infinity),
    };
    return this.#weight;
  }
}

/** A copy of a user's value that has not been weighed: whoever asks for its bytes prints it. Throws as `encodeText` does, but for the bound on bytes. */
export function copyOf(value: unknown, bounds?: Partial<Bounds>): StateImage {
  return new Image(toJson(value, boundsOf(bounds)).json, undefined);
}

/** The text of an image, and the image that knows what it weighs. Throws `TOO_LARGE` beyond the bound on bytes. */
export function weighed(
  { root }: StateImage,
  bounds?: Partial<Bounds>,
): { readonly text: string; readonly image: StateImage } {
  const limits = boundsOf(bounds);
  const text = printJson(root, limits);
  const bytes = boundedBytes(text, limits);
  return { text, image: new Image(root, { bytes, nodes: countNodes(root, Infinity) }) };
}

/** How an image differs from another, and the image again, made of what the other has already. Throws `TOO_LARGE` beyond the bounds. */
export function differenceFrom(
  base: StateImage,
  { root }: StateImage,
  bounds?: Partial<Bounds>,
): { readonly splices: readonly Splice[]; readonly image: StateImage } {
  // Weighed once, so that the image made from it knows its weight.
  void base.bytes;
  const splices = differenceOf(base.root, root);
  return { splices, image: applySplices(base, splices, bounds) };
}

/** An image of a user's value. Throws as `encodeText` does. */
export function imageOf(value: unknown, bounds?: Partial<Bounds>): StateImage {
  return weighed(copyOf(value, bounds), bounds).image;
}

/**
 * An image of a text that {@link textOf} or `encodeText` made. Throws `CORRUPT` for what is not JSON, `TOO_LARGE` above the bound on bytes; what its
 * tags say is looked at by {@link valueOf}.
 */
export function imageOfText(text: string, bounds?: Partial<Bounds>): StateImage {
  return new Image(parseJson(text, boundsOf(bounds)), undefined);
}

/**
 * The image after the splices, in their order; `image` stays as it was. Throws `CORRUPT` where one does not fit, `TOO_LARGE` beyond the bounds where
 * the weight of `image` is known.
 */
export function applySplices(
  image: StateImage,
  splices: readonly Splice[],
  bounds?: Partial<Bounds>,
): StateImage {
  const limits = boundsOf(bounds);
  const scale = image instanceof Image ? image.scale : new Scale(image);
  let { root } = image;
  try {
    for (const splice of splices) root = spliceTree(root, splice, scale);
  } catch (cause) {
    if (isOutOfStack(cause)) throw tooDeep("a stored change", limits);
    // A string or a list beyond what there can be.
    if (cause instanceof RangeError) throw tooManyBytes(Infinity, limits);
    throw cause;
  }
  scale?.check(limits);
  return new Image(root, scale);
}

/** The text of the whole state: `encodeText(valueOf(image))`. */
export function textOf(image: StateImage): string {
  return printJson(image.root, boundsOf());
}

/** The state as a fresh copy for the user, who may do with it what they like. Throws as `decodeText` does. */
export function valueOf(image: StateImage, bounds?: Partial<Bounds>): unknown {
  return fromJson(image.root, boundsOf(bounds));
}
