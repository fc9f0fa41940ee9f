/** A tool that gives several outputs, one in the place of the other: the last one counts. */
export async function lastOutput(output: unknown): Promise<unknown> {
  if (typeof output !== "object" || output === null || !(Symbol.asyncIterator in output))
    return output;
  let final: unknown;
  for await (const one of output as AsyncIterable<unknown>) final = one;
  return final;
}
