import type { Backend } from "../../../src/backend/contract.ts";
import type { BackendSubject } from "../../../src/conformance/index.ts";
import { type Mutant, turn, wrappedBackend } from "./mutant.ts";

type Write = Backend["write"];
type Answer = PromiseSettledResult<Awaited<ReturnType<Write>>>;

/** Backends that take the writes of one turn in one go, as a group commit does, and get their answers wrong. */
export const companyMutants: readonly Mutant<BackendSubject>[] = [
  wrappedBackend(
    "one-fails-all",
    "fails all writes of a group with the error of one of them",
    "law-1.many-at-once",
    (right) => ({
      write: grouped(right, (answers) => {
        const failed = answers.find(({ status }) => status === "rejected");
        return answers.map((answer) => failed ?? answer);
      }),
    }),
  ),
  wrappedBackend(
    "answers-of-others",
    "gives the answers of a group in the order of the partitions' names, not of the calls",
    "law-1.many-at-once",
    (right) => ({
      write: grouped(right, (answers, names) => {
        const sorted = names.toSorted();
        return names.flatMap((_, index) => answers[names.indexOf(sorted[index] ?? "")] ?? []);
      }),
    }),
  ),
];

/** Does the writes of one turn to different partitions at once, and hands on what `given` makes of their answers. */
function grouped(
  right: Backend,
  given: (answers: readonly Answer[], names: readonly string[]) => readonly Answer[],
): Write {
  let group: Map<string, () => Promise<Awaited<ReturnType<Write>>>> | undefined;
  let answers: Promise<readonly Answer[]> = Promise.resolve([]);
  const all = async (mine: NonNullable<typeof group>): Promise<readonly Answer[]> => {
    await turn();
    group = undefined;
    const told = await Promise.allSettled([...mine.values()].map((work) => work()));
    return given(told, [...mine.keys()]);
  };
  return async (name, batch) => {
    if (group?.has(name)) return right.write(name, batch);
    if (!group) answers = all((group = new Map()));
    const place = group.size;
    group.set(name, () => right.write(name, batch));
    const answer = (await answers)[place];
    if (answer?.status === "fulfilled") return answer.value;
    throw answer?.reason;
  };
}
