/** Lets time pass: what waits takes one, so that tests need not wait. */
export interface Timer {
  /** Resolves after about so many milliseconds, or as soon as `signal` is aborted; then neither a timer nor a listener is left. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

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
      const timer = setTimeout(finish, ms);
      signal.addEventListener("abort", finish);
    });
  },
};
