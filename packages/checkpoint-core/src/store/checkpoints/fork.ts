import { type StateImage, weighed } from "../../codec/image.ts";
import { ConflictError, ContentionError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { decodeHead as decodeHistory, HEAD as HISTORY } from "../history/record.ts";
import { type Operation, operationKeys, operationWrites, refusalIn } from "../operation.ts";
import type { OpenRecord, Partition, Snapshot } from "../partition.ts";
import { ensureThread, LIFE, type Life, lifeCheck, lifeIn } from "../life/life.ts";
import { attachmentKey, encodeAttachment, readAttachments } from "./attachments.ts";
import type { CheckpointCache } from "./cache.ts";
import { draftCheckpoint } from "./draft.ts";
import { batchAfter, endOfHistory, type ForkMark, finishedHead } from "./forkHistory.ts";
import { decodeMark, encodeMark, FORK, noteFork } from "./forkMark.ts";
import type { Ground } from "./ground.ts";
import { ownId } from "./names.ts";
import { readRecord, readState } from "./read.ts";
import { type Checkpoint, HEAD } from "./schema.ts";
import { noHead } from "./segment.ts";

/** What `fork` was given. */
export interface ForkCall {
  readonly context: StoreContext;
  readonly cache: CheckpointCache;
  /** Where the checkpoint is. */
  readonly source: Ground;
  readonly threadId: string;
  readonly checkpointId: string;
  readonly newThreadId: string;
  readonly operation: Operation;
}

/** Times that a fork begins a step again because something has moved, before it gives up. */
const MAX_MOVES = 100;
/** Copies of a history that is rewritten meanwhile before a fork gives up: each leaves what it has copied to a sweep. */
const MAX_COPIES = 20;
/** Attachments of one write. */
const ATTACHMENT_BATCH = 20;

/**
 * The checkpoint stands whole in the new thread, behind the history as it was at its time; see `Checkpointer.fork`. Entries are copied in bounded writes below the `from` of
 * the new history's head, where nobody sees them; the last write shows them all and puts the checkpoint. Cut short anywhere, the same call goes on where it was.
 */
export async function forkCheckpoint(call: ForkCall): Promise<string> {
  const fork = new Fork(call);
  for (let moves = 0; moves < MAX_MOVES; ) {
    try {
      const step = await fork.step();
      if (typeof step === "object") return step.id;
    } catch (error) {
      if (!(error instanceof ConflictError) || error === fork.refusal) throw error;
      moves += 1;
    }
  }
  throw new ContentionError(`Other writers were faster ${MAX_MOVES} times; try again.`);
}

/** What a step found of the thread that is made. */
interface Target {
  readonly life: Life;
  readonly history: OpenRecord | undefined;
  readonly mark: { readonly revision: number; readonly fields: ForkMark } | undefined;
}

class Fork {
  refusal: StorageError | undefined;
  #copies = 0;
  readonly #call: ForkCall;
  readonly #target: Partition;
  #origin: { readonly image: StateImage; readonly checkpoint: Checkpoint } | undefined;

  constructor(call: ForkCall) {
    this.#call = call;
    this.#target = call.context.thread(call.newThreadId);
  }

  /** One write at most; answers the id once it is done. */
  async step(): Promise<"again" | { readonly id: string }> {
    const { context, operation, newThreadId, source } = this.#call;
    const { now } = source;
    const keys = [...operationKeys(operation), LIFE, HEAD, HISTORY, FORK];
    const snapshot = await this.#target.read(keys, now);
    const life = lifeIn(context, snapshot);
    const done = snapshot.get(operation.key);
    this.refusal = done && refusalIn(snapshot, operation);
    if (this.refusal) throw this.refusal;
    if (done) return { id: idIn(done) };
    const target = await this.#look(snapshot);
    const { checkpoint } = await this.#load();
    if (!life) {
      await ensureThread(context, newThreadId);
      return "again";
    }
    const found = { ...target, life };
    if (found.mark) return this.#goOn(found, found.mark);
    const last = await endOfHistory(source, checkpoint);
    const attached = await readAttachments(source, checkpoint.id);
    if (last.cursor === undefined && attached.length === 0) return this.#finish(found);
    const { next, epoch } = decodeHistory(found.history);
    const mark = { ...this.#identity(), ...last, first: next, next, epoch, after: undefined };
    await noteFork(context, newThreadId, now);
    await this.#target.write(
      [
        lifeCheck(life),
        { op: "check", key: HEAD, expect: "absent" },
        { op: "put", key: FORK, value: encodeMark(mark), expect: "absent" },
      ],
      now,
    );
    return "again";
  }

  #identity(): { readonly threadId: string; readonly checkpointId: string } {
    const { threadId } = this.#call;
    return { threadId, checkpointId: this.#origin?.checkpoint.id ?? "" };
  }

  /** Refuses a thread that has something of its own. */
  async #look(snapshot: Snapshot): Promise<Omit<Target, "life">> {
    const { newThreadId } = this.#call;
    const history = snapshot.get(HISTORY);
    const stored = snapshot.get(FORK);
    const name = newThreadId.slice(0, 100);
    if (snapshot.has(HEAD)) throw this.#refuse(HEAD, `The thread ${name} has checkpoints already.`);
    const head = decodeHistory(history);
    if (head.count > 0) throw this.#refuse(HISTORY, `The thread ${name} has a history already.`);
    if (!stored) return { history, mark: undefined };
    const fields = decodeMark(stored);
    const { checkpoint } = await this.#load();
    const { threadId } = this.#call;
    if (fields.threadId !== threadId || fields.checkpointId !== checkpoint.id)
      throw this.#refuse(FORK, `The thread ${name} is being made from another checkpoint.`);
    if (head.next !== fields.next || head.epoch !== fields.epoch)
      throw this.#refuse(HISTORY, `The thread ${name} was written to while it was made.`);
    return { history, mark: { revision: stored.revision, fields } };
  }

  #refuse(key: string, message: string): StorageError {
    this.refusal = new ConflictError(`${message} Nothing was changed in it.`, { key });
    return this.refusal;
  }

  async #load(): Promise<{ readonly image: StateImage; readonly checkpoint: Checkpoint }> {
    const { source, checkpointId } = this.#call;
    const id = await ownId(source, checkpointId);
    const image = this.#origin ? this.#origin.image : await readState(source, id);
    const checkpoint = await readRecord(source, id);
    if (!image || !checkpoint)
      throw new StorageError("NOT_FOUND", `There is no checkpoint ${checkpointId.slice(0, 100)}.`);
    this.#origin = { image, checkpoint };
    return this.#origin;
  }

  async #goOn(
    target: Target,
    mark: NonNullable<Target["mark"]>,
  ): Promise<"again" | { readonly id: string }> {
    const { source } = this.#call;
    const batch = await batchAfter(source, mark.fields);
    if (batch === "moved") {
      // The source's history was rewritten: what was copied stays hidden, and the copy begins anew behind it.
      this.#copies += 1;
      if (this.#copies === MAX_COPIES)
        throw new ContentionError(
          `The history was rewritten ${MAX_COPIES} times while it was copied; try again.`,
        );
      await this.#target.write(
        [lifeCheck(target.life), { op: "delete", key: FORK, expect: mark.revision }],
        source.now,
      );
      return "again";
    }
    if (batch === "done") return this.#finish(target, mark);
    const expect = target.history?.revision ?? "absent";
    await this.#target.write(
      [
        lifeCheck(target.life),
        { op: "check", key: HEAD, expect: "absent" },
        { op: "put", key: FORK, value: encodeMark(batch.mark), expect: mark.revision },
        { op: "put", key: HISTORY, value: batch.head, expect },
        ...batch.writes,
      ],
      source.now,
    );
    return "again";
  }

  async #finish(target: Target, mark?: Target["mark"]): Promise<{ readonly id: string }> {
    const { context, cache, operation, source } = this.#call;
    const { now } = source;
    const { image: held, checkpoint } = await this.#load();
    await this.#attach(target, mark);
    const { life } = target;
    const { name } = this.#target;
    const empty = { head: noHead, revision: 0, parentId: undefined, parentName: undefined };
    const place = { partition: name, life, ...empty, nameSeen: 0, state: weighed(held) };
    const { metadata } = checkpoint;
    const origin = {
      threadId: this.#call.threadId,
      checkpointId: checkpoint.name ?? checkpoint.id,
    };
    const draft = draftCheckpoint(context, cache, place, { metadata, forkedFrom: origin, now });
    const { revision } = await this.#target.write(
      [
        ...operationWrites(operation, draft.id, now, context.operationTtlMs),
        ...draft.writes,
        ...(mark ? finishedHead(target.history, mark.fields, now) : []),
        ...(mark ? [{ op: "delete" as const, key: FORK, expect: mark.revision }] : []),
      ],
      now,
    );
    return { id: draft.landed(revision) };
  }

  /** What is kept beside the checkpoint goes with it. */
  async #attach({ life }: Target, mark: Target["mark"]): Promise<void> {
    if (!mark) return;
    const { source, checkpointId } = this.#call;
    const attached = await readAttachments(source, checkpointId);
    for (let start = 0; start < attached.length; start += ATTACHMENT_BATCH)
      await this.#target.write(
        [
          lifeCheck(life),
          { op: "check", key: FORK, expect: mark.revision },
          ...attached.slice(start, start + ATTACHMENT_BATCH).map((one) => ({
            op: "put" as const,
            key: attachmentKey(1, one.key),
            value: encodeAttachment(one),
            expect: "any" as const,
          })),
        ],
        source.now,
      );
  }
}

function idIn(record: OpenRecord): string {
  const id = record.value();
  if (typeof id === "string") return id;
  throw new StorageError("CORRUPT", `What is stored under ${record.key} is no checkpoint's id.`);
}
