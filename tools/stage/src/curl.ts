import { parseArgs } from "node:util";

/** The lines of a page's blocks for a shell, without their comments. */
export function shellLines(page: string): readonly string[] {
  const blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)];
  const lines = blocks.flatMap(([, code = ""]) => code.split("\n"));
  return lines.map((line) => line.replace(/ +# .*$/, "")).filter((line) => line !== "");
}

/** Sends a request as a line of curl says it, to `origin` in the place of its host. What the line leaves to its reader is replaced, by name. Throws for an option that is not among these. */
export async function sendCurl(
  line: string,
  origin: string,
  left: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const filled = Object.entries(left).reduce(
    (text, [name, value]) => text.replace(name, value),
    line,
  );
  const [, ...words] = filled.match(/'[^']*'|"[^"]*"|[^\s'"]+/g) ?? [];
  const { values, positionals } = parseArgs({
    args: words.map((word) => word.replaceAll(/^['"]|['"]$/g, "")),
    allowPositionals: true,
    options: {
      data: { type: "string", short: "d" },
      header: { type: "string", short: "H", multiple: true },
      "no-buffer": { type: "boolean", short: "N" },
      silent: { type: "boolean", short: "s" },
    },
  });
  const path = positionals[0]?.replace(/^[^/]*/, "");
  const headers = new Headers(
    values.header?.map((text) => text.split(/: (.*)/, 2) as [string, string]),
  );
  const post = values.data === undefined ? {} : { method: "POST", body: values.data };
  return fetch(`${origin}${path}`, { headers, ...post });
}
