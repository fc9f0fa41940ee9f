import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: string;
}

const htmlOf = (script: string): string => `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>Desk</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/page.css">
  <div id="root"></div>
  <script type="module" src="${script}"></script>
</html>
`;

/** The page's files by path, bundled from `page/`. */
export async function assets(): Promise<ReadonlyMap<string, Asset>> {
  const bundle = await build({
    entryPoints: { page: pathOf("main.tsx"), realtime: pathOf("realtime.tsx") },
    bundle: true,
    write: false,
    outdir: "/",
    format: "esm",
    jsx: "automatic",
    minify: true,
    conditions: ["browser"],
    // Read by the hook's package, which has a part for servers.
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  const scripts = bundle.outputFiles.map(
    ({ path, text }) => [path, { type: "text/javascript", body: text }] as const,
  );
  const style = await readFile(pathOf("page.css"), "utf8");
  return new Map([
    ["/", { type: "text/html", body: htmlOf("/page.js") }],
    ["/realtime", { type: "text/html", body: htmlOf("/realtime.js") }],
    ["/page.css", { type: "text/css", body: style }],
    ...scripts,
  ]);
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../page/${name}`, import.meta.url));
}
