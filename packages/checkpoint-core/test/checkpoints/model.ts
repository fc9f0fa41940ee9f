/** What a thread's checkpoints are, in the shortest form: a list in the order of their puts. */
export interface ModelCheckpoint {
  readonly id: string;
  readonly parentId: string | null;
  readonly state: readonly string[];
  readonly expires: number | undefined;
}

/** A put or an append as a test asks for it; the ids are those that it chose. */
export interface ModelPut {
  readonly parentId: string | undefined;
  readonly parentIsHead: boolean;
  readonly expectedHead: string | null | undefined;
  /** The state, or what is appended to the parent's. */
  readonly state: readonly string[];
  readonly appends: boolean;
  readonly ttlMs: number | undefined;
}

export class ModelThread {
  readonly all: ModelCheckpoint[] = [];
  readonly #deleted = new Set<string>();

  visible(now: number): readonly ModelCheckpoint[] {
    return this.all.filter(
      ({ id, expires }) => !this.#deleted.has(id) && (expires === undefined || expires > now),
    );
  }

  /** What a put comes to: an error's code, or the checkpoint but for its id. */
  judge(put: ModelPut, now: number): string | Omit<ModelCheckpoint, "id"> {
    const { parentId, expectedHead, parentIsHead } = put;
    const visible = this.visible(now);
    const head = visible.at(-1)?.id ?? null;
    const parent = visible.find(({ id }) => id === parentId);
    if (parentId !== undefined && !parent) return "NOT_FOUND";
    const expected = [expectedHead, parentIsHead ? parentId : undefined];
    if (expected.some((id) => id !== undefined && id !== head)) return "CONFLICT";
    return {
      parentId: parentId ?? head,
      state: put.appends ? [...stateOf(parent), ...put.state] : put.state,
      expires: put.ttlMs && now + put.ttlMs,
    };
  }

  delete(id: string | undefined): void {
    for (const one of this.all) if (id === undefined || one.id === id) this.#deleted.add(one.id);
  }
}

function stateOf(checkpoint: ModelCheckpoint | undefined): readonly string[] {
  return checkpoint ? checkpoint.state : [];
}
