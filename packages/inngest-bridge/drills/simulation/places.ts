import type { Where } from "./kinds.ts";

/** The places that runs come to, and the states in which they do: found by running many seeds, but for what fewer than one in eighty of them reach. */
export const places: { readonly [W in Where]: Readonly<Record<string, readonly string[]>> } = {
  call: {
    "call begin": ["none", "queued", "running", "suspended", "ended"],
    "call cancelled": ["running", "suspended", "ended"],
    "call claim": ["running", "suspended", "failed", "ended"],
    "call decide": ["running", "suspended", "ended"],
    "call failure": ["running", "failed"],
    "call first": ["none", "queued", "running", "suspended", "ended"],
    "call suspend": ["running", "suspended", "ended"],
    "call think": ["running", "ended"],
    "call tool": ["running", "ended"],
    "call tool-failed": ["running"],
    "call wait": ["running", "suspended", "failed", "ended"],
  },
  post: {
    checkpoint: ["none", "queued", "running", "suspended", "failed", "ended"],
    "event resume": ["running", "suspended", "failed", "ended"],
    "event run": ["queued", "running", "suspended"],
  },
  write: {
    "write answer": ["running"],
    "write begin": ["none", "queued", "running", "suspended", "failed", "ended"],
    "write decision": ["running", "suspended"],
    "write handover": ["none", "queued", "running", "suspended"],
    "write index": ["none", "queued", "running", "suspended", "failed", "ended"],
    "write pulse": ["running"],
    "write result": ["running"],
    "write run": ["none", "queued"],
    "write settle": ["running"],
    "write suspend": ["running"],
    "write stream": ["running", "suspended", "failed", "ended"],
    "write thread": ["none", "running", "ended"],
  },
  read: {
    read: ["none", "queued", "running", "suspended", "failed", "ended"],
  },
  work: {
    "work book": ["running"],
    "work look": ["running"],
    "work model": ["running"],
    "work pay": ["running"],
    "work refund": ["running"],
  },
  outside: {
    outside: ["queued", "running", "suspended", "failed", "ended"],
  },
  people: {
    people: ["running", "suspended", "failed", "ended"],
  },
};
