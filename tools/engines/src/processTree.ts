import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** A process as the system lists it; one that has ended and waits for its parent to look is none. */
interface Listed {
  readonly pid: number;
  readonly parent: number;
}

/** The process and all that it has started, itself first. Empty when it is gone. */
export function treeOf(root: number): readonly number[] {
  const all = listed();
  const tree = all.filter(({ pid }) => pid === root).map(({ pid }) => pid);
  for (const parent of tree)
    tree.push(...all.filter((child) => child.parent === parent).map(({ pid }) => pid));
  return tree;
}

/** Stops the tree: nothing in it runs until `thawTree`. */
export function freezeTree(root: number): void {
  // Parents first, so that none makes a child after it was listed.
  for (let known = 0; ; ) {
    const tree = treeOf(root);
    if (tree.length === known) return;
    known = tree.length;
    for (const pid of tree) signal(pid, "SIGSTOP");
  }
}

/** Lets a stopped tree go on. */
export function thawTree(root: number): void {
  for (const pid of treeOf(root).toReversed()) signal(pid, "SIGCONT");
}

/** Kills the tree; resolves when none of it is left. */
export async function killTree(root: number): Promise<void> {
  freezeTree(root);
  const tree = treeOf(root);
  for (const pid of tree.toReversed()) signal(pid, "SIGKILL");
  while (listed().some(({ pid }) => tree.includes(pid))) await wait(5);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function listed(): readonly Listed[] {
  const rows = existsSync("/proc/self/stat") ? fromProc() : fromPs();
  return rows.flatMap(({ pid, parent, state }) =>
    state.startsWith("Z") || state.startsWith("X") ? [] : [{ pid, parent }],
  );
}

type Row = Listed & { readonly state: string };

function fromProc(): readonly Row[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      // pid (any name, with any characters) state parent …
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [state = "", parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return [{ pid: Number(pid), parent: Number(parent), state }];
    } catch {
      return []; // It ended while we looked.
    }
  });
}

function fromPs(): readonly Row[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat="], { encoding: "utf8" });
  return lines.split("\n").flatMap((line) => {
    const [pid, parent, state] = line.trim().split(/\s+/);
    return state === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), state }];
  });
}
