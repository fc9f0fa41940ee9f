import type { Defect } from "../defect.ts";
import { isBegin, isCommit, loosened, putsLease } from "./loosening.ts";

/** Stores whose writes leave out one of their expectations: each was found to be needed when the protocol was modelled. */
export const withoutExpectations: readonly Defect[] = [
  loosened("commits-without-the-fence", "a commit that does not end its run", {
    in: (keys) => isCommit(keys) && !putsLease(keys),
    key: /^lease$/,
  }),
  loosened("begins-on-any-lease", "a begin", { in: isBegin, key: /^lease$/ }),
  loosened("queues-behind-a-free-thread", "a run that waits behind another", {
    in: (keys) => keys.includes("queue") && !isCommit(keys),
    key: /^lease$/,
  }),
  loosened("queues-over-the-queue", "a run that waits behind another", {
    in: (keys) => keys.includes("queue"),
    key: /^queue$/,
  }),
  loosened("suspends-over-decisions", "a suspension, on its approvals", {
    in: isCommit,
    key: /^approval\//,
  }),
  loosened("decides-twice", "a decision, that there is none", {
    in: (keys) => !isCommit(keys),
    key: /^approval\//,
  }),
];
