import type { TestProject } from "vitest/node";
import { chromium } from "../chromium.ts";
import { leftOut } from "../leftOut.ts";

/** Finds a browser alone, for tests of a page. */
export async function setup(project: TestProject): Promise<void> {
  const reason = leftOut("chromium");
  project.provide("leftOut", reason === undefined ? {} : { chromium: reason });
  project.provide("chromium", reason === undefined ? await chromium() : "");
}
