/** Lets time pass: what waits takes one, so that tests need not wait. */
export interface Timer {
  /** Resolves after about so many milliseconds, or as soon as `signal` is aborted; then neither a timer nor a listener is left. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** The longest that a timer of the platform waits, in milliseconds: one that is to wait longer rings at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Real time. A wait keeps the process alive until it is over or aborted. */
export const systemTimer: Timer = {
  wait(ms, signal) {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", finish);
        resolve();
      };
      let left = ms;
      const arm = (): NodeJS.Timeout => {
        const part = Math.min(left, LONGEST_MS);
        left -= part;
        return setTimeout(rung, part);
      };
      const rung = (): void => {
        if (left > 0) timer = arm();
        else finish();
      };
      let timer = arm();
      signal.addEventListener("abort", finish);
    });
  },
};
