import { StorageError } from "../../errors.ts";

/** Every name that one shape of options has, or any of several: one that is new cannot be forgotten, and none is there that it has not. */
export type Names<T> = Readonly<Record<T extends unknown ? keyof T : never, true>>;

/** An argument that says how: what it is called where it is not the options themselves, its names, and those among them that hold more of the kind. */
export interface Bag {
  readonly what?: string;
  readonly names: Readonly<Record<string, true>>;
  /** It is a list of such; or may be one. */
  readonly list?: "always" | "maybe";
  /** A text in its place is none of ours to look at. */
  readonly orText?: true;
  readonly inner?: Readonly<Record<string, Bag>>;
  /** What is told beside a refusal. */
  readonly hint?: string;
}

/** The bags among the arguments of each verb, by their places. */
export type Bags<S> = { readonly [V in keyof S]: readonly (Bag | undefined)[] };

/** A bag of exactly the names that `T` has. */
export function bag<T>(names: Names<T>, more: Omit<Bag, "names"> = {}): Bag {
  return { names, ...more };
}

type Verb = (...args: readonly unknown[]) => Promise<unknown>;

/** The same verbs, each of which rejects with `INVALID_ARGUMENT` where it is given something by a name that it does not have: it would be ignored, and what was meant by it not done. */
export function refusingUnknown<S extends object>(store: string, verbs: S, bags: Bags<S>): S {
  const given = verbs as Readonly<Record<string, Verb>>;
  const all = Object.entries<Bags<S>[keyof S]>(bags).map(([name, places]) => {
    const verb = given[name] as Verb;
    return [name, places.length === 0 ? verb : refusing(`${store}.${name}`, verb, places)];
  });
  return Object.fromEntries(all) as S;
}

function refusing(call: string, verb: Verb, places: readonly (Bag | undefined)[]): Verb {
  return (...args) => {
    try {
      places.forEach((place, at) => {
        if (place) checkBag(call, args[at], place);
      });
    } catch (error) {
      return Promise.reject(error);
    }
    return verb(...args);
  };
}

/** Refuses what is no object, or has a name that is not known. What is not given is for the verb to miss. */
function checkBag(call: string, given: unknown, wanted: Bag): void {
  if (given === undefined || (wanted.orText && typeof given === "string")) return;
  if (wanted.list && Array.isArray(given)) {
    for (const one of given) checkOne(call, one, wanted);
    return;
  }
  // What is no list is refused by the verb, in words of its own.
  if (wanted.list !== "always") checkOne(call, given, wanted);
}

function checkOne(call: string, given: unknown, wanted: Bag): void {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw invalid(
      `The ${wanted.what ?? "options"} of ${call} must be an object.${wanted.hint ?? ""}`,
    );
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(wanted.names, name)) throw unknown(call, name, wanted);
    const inner = wanted.inner?.[name];
    if (inner) checkBag(call, value, inner);
  }
}

function unknown(call: string, name: string, { what, names, hint = "" }: Bag): StorageError {
  const whose = what === undefined ? `${call} has no option` : `The ${what} of ${call} has no`;
  return invalid(`${whose} \`${name}\`; it has ${Object.keys(names).join(", ")}.${hint}`);
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
