/**
 * A promise of a contract and the proof of it: a value that any test runner can run. `run` returns when the subject keeps the promise, and throws a
 * {@link ConformanceFailure} when it does not. Each run wants a fresh subject.
 */
export interface Case<S> {
  /** What waivers and reports name it by; never changes: `law-1.first-failing-expectation`. */
  readonly id: string;
  /** The law of the backend contract that it belongs to. */
  readonly law?: number;
  /** The promise, in words. */
  readonly title: string;
  run(subject: S): Promise<void>;
}

/** A subject broke a case's promise. `cause` is what was seen; `actual` and `expected` are there where two values were compared. */
export class ConformanceFailure extends Error {
  override readonly name = "ConformanceFailure";
  readonly caseId: string;
  readonly actual: unknown;
  readonly expected: unknown;

  constructor(caseId: string, title: string, cause: unknown) {
    super(`${caseId} (${title}): ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.caseId = caseId;
    if (cause instanceof Error && "actual" in cause && "expected" in cause) {
      this.actual = cause.actual;
      this.expected = cause.expected;
    }
  }
}

/** A case whose failures, of whatever kind, come out as {@link ConformanceFailure}. An id that starts with `law-<n>` belongs to that law. */
export function defineCase<S>(
  id: string,
  title: string,
  run: (subject: S) => Promise<void>,
): Case<S> {
  const law = /^law-(\d+)\./.exec(id)?.[1];
  const guarded = async (subject: S): Promise<void> => {
    try {
      await run(subject);
    } catch (cause) {
      throw new ConformanceFailure(id, title, cause);
    }
  };
  return law === undefined
    ? { id, title, run: guarded }
    : { id, law: Number(law), title, run: guarded };
}
