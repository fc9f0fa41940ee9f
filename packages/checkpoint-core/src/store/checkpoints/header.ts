/** What a checkpoint's record says beside its state. */
export interface CheckpointHeader {
  readonly id: string;
  /** What its caller calls it. */
  readonly name?: string | undefined;
  readonly parentId?: string | undefined;
  readonly parentName?: string | undefined;
  /** The checkpoint of another thread that it is a copy of. */
  readonly forkedFrom?: Origin | undefined;
  /** Ordinal of the whole record at which its segment starts. */
  readonly from: number;
  readonly createdAt: number;
  /** Bytes of the whole state's text. */
  readonly size: number;
  readonly version: number;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly expires?: number | undefined;
  readonly run?: { readonly id: string; readonly life: number } | undefined;
  /** The id of the checkpoint that the body's splices build on; `undefined` when the body is whole. */
  readonly base?: string | undefined;
  /** The cursor of the last entry that the history had when this was written, `""` for none. Only a copy of a store says it: elsewhere the revisions do. */
  readonly historyEnd?: string | undefined;
}

/** Where a fork comes from. */
export interface Origin {
  readonly threadId: string;
  readonly checkpointId: string;
}
