import { type Bounds, tooManyBytes, tooManyNodes } from "./bounds.ts";
import { countNodes, type Json, type JsonObject, textOfJson } from "./json.ts";
import { extraOf } from "./pairs.ts";

/** What a state's text weighs. */
export interface Weight {
  /** Bytes in UTF-8. */
  readonly bytes: number;
  /** JSON values. */
  readonly nodes: number;
}

/** Keeps the exact weight of a tree while parts of it are put in and taken out. */
export class Scale implements Weight {
  bytes: number;
  nodes: number;

  constructor({ bytes, nodes }: Weight) {
    this.bytes = bytes;
    this.nodes = nodes;
  }

  add(json: Json, sign: 1 | -1 = 1): void {
    this.bytes += sign * Buffer.byteLength(textOfJson(json));
    this.nodes += sign * countNodes(json, Infinity);
  }

  /** The separators of a list or an object that grows or shrinks. */
  resize(before: number, after: number): void {
    this.bytes += Math.max(0, after - 1) - Math.max(0, before - 1);
  }

  /** An object whose keys changed: what its form adds to the plain one. */
  reshape(before: JsonObject, after: JsonObject): void {
    const [old, now] = [extraOf(before), extraOf(after)];
    this.bytes += now.bytes - old.bytes;
    this.nodes += now.nodes - old.nodes;
  }

  /** A key and its colon. */
  key(key: string, sign: 1 | -1): void {
    this.bytes += sign * (Buffer.byteLength(textOfJson(key)) + 1);
  }

  /** Throws `TOO_LARGE` beyond the bounds. */
  check(bounds: Bounds): void {
    if (this.bytes > bounds.bytes) throw tooManyBytes(this.bytes, bounds);
    if (this.nodes > bounds.nodes) throw tooManyNodes(bounds);
  }
}
