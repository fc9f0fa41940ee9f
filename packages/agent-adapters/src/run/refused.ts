import type { Ledger } from "./ledger.ts";

/** Does a check of what a run was asked with. What it throws is thrown in a step, so that the run is recorded as failed. */
export async function refusing(
  ledger: Pick<Ledger, "step">,
  check: () => void | Promise<void>,
): Promise<void> {
  try {
    await check();
  } catch (error) {
    await ledger.step({ id: "refused", name: "refused" }, async () => {
      throw error;
    });
  }
}
