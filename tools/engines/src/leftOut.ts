import type { Ground } from "./ground.ts";

/** Why `PERDURE_WITHOUT=redis,postgres` leaves this out; `undefined` when it does not. */
export function leftOut(
  ground: Ground,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const names = (env["PERDURE_WITHOUT"] ?? "").split(",").map((name) => name.trim());
  return names.includes(ground) ? `PERDURE_WITHOUT names ${ground}` : undefined;
}
