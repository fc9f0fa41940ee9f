/** A checkpoint as the model knows it. */
export interface Known {
  readonly id: string;
  readonly ordinal: number;
  readonly parentId: string | null;
  readonly state: readonly string[];
  readonly expires: number | undefined;
}

/** Something that a process does to a thread, and by its clock. */
export type Act =
  | {
      readonly verb: "put" | "append";
      readonly parentId: string | undefined;
      readonly isBranch: boolean;
      readonly expectedHead: string | null | undefined;
      readonly texts: readonly string[];
      readonly ttlMs: number | undefined;
    }
  | { readonly verb: "delete"; readonly id: string | undefined }
  | { readonly verb: "get"; readonly id: string | undefined }
  | { readonly verb: "list" };

export interface By {
  readonly now: number;
  readonly keepLast: number | undefined;
}

/** What retention promises, in the shortest form: a list of puts, and what is hidden of it. */
export class SweepModel {
  #all: readonly Known[] = [];
  #since = 0;
  #cleared = 0;
  #deleted: readonly string[] = [];
  #pinned: readonly string[] = [];

  copy(): SweepModel {
    const copy = new SweepModel();
    copy.#all = this.#all;
    copy.#since = this.#since;
    copy.#cleared = this.#cleared;
    copy.#deleted = this.#deleted;
    copy.#pinned = this.#pinned;
    return copy;
  }

  get all(): readonly Known[] {
    return this.#all;
  }

  visible(now: number): readonly Known[] {
    return this.#all.filter(({ id, ordinal, expires }) => {
      if (ordinal <= this.#cleared || this.#deleted.includes(id)) return false;
      if (this.#pinned.includes(id)) return true;
      return ordinal > this.#since && (expires === undefined || expires > now);
    });
  }

  pin(id: string): void {
    this.#pinned = [...this.#pinned, id];
  }

  unpin(id: string): void {
    this.#pinned = this.#pinned.filter((one) => one !== id);
  }

  /** What the act comes to: an error's code or an answer. The id of a put is the one that `ids` holds for its ordinal. */
  play(act: Act, by: By, idOf: (ordinal: number) => string | undefined): unknown {
    const visible = this.visible(by.now);
    const head = visible.at(-1);
    if (act.verb === "list") return visible.map(({ id }) => id).toReversed();
    if (act.verb === "get") {
      const found = act.id === undefined ? head : visible.find(({ id }) => id === act.id);
      return found ? found.state : null;
    }
    if (act.verb === "delete") return this.#delete(act.id, visible);
    return refusalOf(act, visible) ?? this.#played(act, visible, { by, idOf });
  }

  #played(
    { verb, parentId, texts, ttlMs }: Written,
    visible: readonly Known[],
    { by, idOf }: { readonly by: By; readonly idOf: (ordinal: number) => string | undefined },
  ): string {
    const parent = visible.find(({ id }) => id === parentId);
    const base = verb === "append" ? (parent?.state ?? []) : [];
    const known = {
      parentId: parentId ?? visible.at(-1)?.id ?? null,
      state: [...base, ...texts],
      expires: ttlMs === undefined ? undefined : by.now + ttlMs,
    };
    return this.put(known, by, idOf);
  }

  /** A put that nothing refuses. */
  put(
    known: Omit<Known, "id" | "ordinal">,
    { keepLast }: By,
    idOf: (ordinal: number) => string | undefined,
  ): string {
    const ordinal = this.#all.length + 1;
    const id = idOf(ordinal) ?? "none";
    this.#all = [...this.#all, { ...known, id, ordinal }];
    if (keepLast !== undefined) this.#since = Math.max(this.#since, ordinal - keepLast);
    return id;
  }

  #delete(id: string | undefined, visible: readonly Known[]): undefined {
    if (id === undefined) {
      this.#cleared = this.#all.length;
      this.#pinned = [];
    } else if (visible.some((one) => one.id === id)) {
      this.#deleted = [...this.#deleted, id];
      this.unpin(id);
    }
    return undefined;
  }
}

type Written = Extract<Act, { readonly texts: unknown }>;

function refusalOf(
  { verb, parentId, expectedHead, isBranch }: Written,
  visible: readonly Known[],
): string | undefined {
  const head = visible.at(-1)?.id ?? null;
  if (parentId !== undefined && !visible.some(({ id }) => id === parentId)) return "NOT_FOUND";
  const wanted = [expectedHead, verb === "append" && !isBranch ? parentId : undefined];
  return wanted.some((id) => id !== undefined && id !== head) ? "CONFLICT" : undefined;
}
