import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: string;
}

const HTML = `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>Desk</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/page.css">
  <div id="root"></div>
  <script type="module" src="/page.js"></script>
</html>
`;

/** The page's files by path, bundled from `page/`. */
export async function assets(): Promise<ReadonlyMap<string, Asset>> {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL("../page/main.tsx", import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    jsx: "automatic",
    minify: true,
    conditions: ["browser"],
    // Read by the hook's package, which has a part for servers.
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  const script = bundle.outputFiles[0]?.text ?? "";
  const style = await readFile(new URL("../page/page.css", import.meta.url), "utf8");
  return new Map([
    ["/", { type: "text/html", body: HTML }],
    ["/page.js", { type: "text/javascript", body: script }],
    ["/page.css", { type: "text/css", body: style }],
  ]);
}
