import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly publishConfig: {
    readonly exports: Readonly<
      Record<string, { readonly types: string; readonly default: string }>
    >;
  };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
}

const manifest = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as Manifest;

test("each subpath is published as it is developed", () => {
  const published = Object.entries(manifest.exports).map(([subpath, source]) => {
    const built = source.replace("./src/", "./dist/").replace(/\.ts$/, "");
    return [subpath, { types: `${built}.d.ts`, default: `${built}.js` }];
  });
  expect(manifest.publishConfig.exports).toEqual(Object.fromEntries(published));
});

test("a framework is nobody's dependency who does not use it", () => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = manifest;
  expect(Object.keys(dependencies)).toEqual([
    "@perdure/checkpoint-core",
    "@perdure/inngest-bridge",
  ]);
  const optional = Object.keys(peerDependencies).map((peer) => [peer, { optional: true }]);
  expect(peerDependenciesMeta).toEqual(Object.fromEntries(optional));
});
