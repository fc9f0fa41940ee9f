import { type Case, ConformanceFailure } from "./case.ts";

/** How a suite gets its subjects, and what it knows to be missing. */
export interface SuiteOptions<S> {
  /** A subject on storage of its own, made anew for each case. */
  readonly create: () => Promise<S & Disposal>;
  /**
   * Cases that are known to fail, by id, with the reason. A waived case runs like any other: the suite fails when it passes (the waiver is stale) and when no
   * case has its id, or it has no reason. The reason stands in the test's title.
   */
  readonly waivers?: Readonly<Record<string, string>>;
}

/** What a subject may bring to clean up after itself. */
export interface Disposal {
  readonly dispose?: () => Promise<void>;
}

/** One test of a suite, for any runner. */
export interface PlannedTest {
  readonly title: string;
  run(): Promise<void>;
}

/** The tests that a runner has to run: one for each case, and one for each waiver that names none. */
export function planSuite<S>(
  cases: readonly Case<S>[],
  { create, waivers = {} }: SuiteOptions<S>,
): readonly PlannedTest[] {
  const known = new Set(cases.map(({ id }) => id));
  const tests = cases.map((one) => {
    const reason = Object.hasOwn(waivers, one.id) ? waivers[one.id] : undefined;
    if (reason === undefined) return planned(one, create);
    return isReason(reason) ? waived(one, create, reason) : unreasoned(one);
  });
  const lost = Object.keys(waivers).filter((id) => !known.has(id));
  return [
    ...tests,
    ...lost.map((id) => failing(id, "a waiver names a case of the suite", "no case has this id.")),
  ];
}

/** Runs one case on a fresh subject, which is disposed of whatever happens. */
export async function runCase<S>(
  one: Case<S>,
  create: () => Promise<S & Disposal>,
): Promise<ConformanceFailure | undefined> {
  const subject = await create();
  try {
    await one.run(subject);
    return undefined;
  } catch (error) {
    if (error instanceof ConformanceFailure) return error;
    return new ConformanceFailure(one.id, one.title, error);
  } finally {
    await subject.dispose?.();
  }
}

function planned<S>(one: Case<S>, create: SuiteOptions<S>["create"]): PlannedTest {
  return {
    title: `${one.id}: ${one.title}`,
    async run() {
      const failure = await runCase(one, create);
      if (failure) throw failure;
    },
  };
}

function waived<S>(one: Case<S>, create: SuiteOptions<S>["create"], reason: string): PlannedTest {
  return {
    title: `${one.id}: ${one.title} [waived: ${reason}]`,
    async run() {
      if (await runCase(one, create)) return;
      throw new ConformanceFailure(
        one.id,
        one.title,
        `the case passes, so its waiver is stale ("${reason}"). Remove the waiver.`,
      );
    },
  };
}

function unreasoned<S>({ id, title }: Case<S>): PlannedTest {
  return failing(id, `${title} [waived]`, "its waiver says no reason.");
}

function isReason(reason: unknown): boolean {
  return typeof reason === "string" && reason.trim() !== "";
}

function failing(id: string, promise: string, cause: string): PlannedTest {
  const title = `${id}: ${promise}`;
  return {
    title,
    run() {
      return Promise.reject(new ConformanceFailure(id, title, cause));
    },
  };
}
