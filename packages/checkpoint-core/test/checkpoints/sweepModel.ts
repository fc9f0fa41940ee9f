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
  | { readonly verb: "list" }
  | { readonly verb: "fork"; readonly id: string; readonly target: string }
  /** A run takes the thread, and suspends with a checkpoint, a message and a pin. */
  | { readonly verb: "suspend"; readonly runId: string }
  /** A suspended run is cancelled. */
  | { readonly verb: "end"; readonly runId: string }
  /** The thread is dropped and made again. */
  | { readonly verb: "renew" };

export interface By {
  readonly now: number;
  readonly keepLast: number | undefined;
}

type IdOf = (ordinal: number) => string | undefined;

/** In how many steps the model takes an act: others may come between. */
export function stepsOf({ verb }: Act): number {
  return verb === "suspend" || verb === "renew" ? 2 : 1;
}

/** What retention promises, in the shortest form: a list of puts, and what is hidden of it. */
export class SweepModel {
  #all: readonly Known[] = [];
  #since = 0;
  #cleared = 0;
  #deleted: readonly string[] = [];
  #pinned: readonly string[] = [];
  #run: { readonly id: string; readonly pin: string } | undefined;
  #isGone = false;

  copy(): SweepModel {
    const copy = new SweepModel();
    copy.#all = this.#all;
    copy.#since = this.#since;
    copy.#cleared = this.#cleared;
    copy.#deleted = this.#deleted;
    copy.#pinned = this.#pinned;
    copy.#run = this.#run;
    copy.#isGone = this.#isGone;
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

  /** Ids of what is pinned. */
  get pinned(): readonly string[] {
    return this.#pinned;
  }

  /** The run that is suspended. */
  get runId(): string | undefined {
    return this.#run?.id;
  }

  /** One step of an act: what the act may answer if it is the last one. The id of a put is the one that `idOf` holds for its ordinal. */
  play(act: Act, step: number, by: By, idOf: IdOf): readonly unknown[] {
    if (act.verb === "renew") return this.#renew(step);
    if (this.#isGone) return answersOfNothing(act);
    if (act.verb === "suspend") return [this.#suspend(act.runId, step, by, idOf)];
    if (act.verb === "end") return this.#end(act.runId);
    const visible = this.visible(by.now);
    if (act.verb === "delete") return [this.#delete(act.id, visible)];
    if ("texts" in act)
      return [refusalOf(act, visible) ?? this.#played(act, visible, { by, idOf })];
    return [readIn(act, visible)];
  }

  #renew(step: number): readonly unknown[] {
    this.#all = [];
    [this.#since, this.#cleared] = [0, 0];
    [this.#deleted, this.#pinned] = [[], []];
    this.#run = undefined;
    this.#isGone = step === 0;
    return [undefined];
  }

  #suspend(runId: string, step: number, by: By, idOf: IdOf): string | undefined {
    if (step === 0) {
      if (this.#run) this.#unpin(this.#run.pin);
      this.#run = undefined;
      return undefined;
    }
    const parentId = this.visible(by.now).at(-1)?.id ?? null;
    const id = this.#put({ parentId, state: [runId], expires: undefined }, by, idOf);
    this.#pinned = [...this.#pinned, id];
    this.#run = { id: runId, pin: id };
    return id;
  }

  /** Of a life that is gone nobody knows the run. */
  #end(runId: string): readonly unknown[] {
    if (this.#run?.id !== runId) return ["NOT_FOUND", "DELETED"];
    this.#unpin(this.#run.pin);
    this.#run = undefined;
    return [undefined];
  }

  #unpin(id: string): void {
    this.#pinned = this.#pinned.filter((one) => one !== id);
  }

  #played(
    { verb, parentId, texts, ttlMs }: Written,
    visible: readonly Known[],
    { by, idOf }: { readonly by: By; readonly idOf: IdOf },
  ): string {
    const parent = visible.find(({ id }) => id === parentId);
    const base = verb === "append" ? (parent?.state ?? []) : [];
    const known = {
      parentId: parentId ?? visible.at(-1)?.id ?? null,
      state: [...base, ...texts],
      expires: ttlMs === undefined ? undefined : by.now + ttlMs,
    };
    return this.#put(known, by, idOf);
  }

  /** A put that nothing refuses. */
  #put(known: Omit<Known, "id" | "ordinal">, { keepLast }: By, idOf: IdOf): string {
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
      this.#unpin(id);
    }
    return undefined;
  }
}

/** What an act may answer while the thread is not there. */
function answersOfNothing({ verb }: Act): readonly unknown[] {
  if (verb === "get") return [null, "DELETED"];
  if (verb === "list") return [[], "DELETED"];
  if (verb === "delete") return [undefined, "DELETED"];
  return verb === "fork" || verb === "end" ? ["NOT_FOUND", "DELETED"] : ["DELETED"];
}

function readIn(
  act: Extract<Act, { readonly verb: "list" | "get" | "fork" }>,
  visible: readonly Known[],
): unknown {
  if (act.verb === "list") return visible.map(({ id }) => id).toReversed();
  const found = act.id === undefined ? visible.at(-1) : visible.find((one) => one.id === act.id);
  return found?.state ?? (act.verb === "fork" ? "NOT_FOUND" : null);
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
