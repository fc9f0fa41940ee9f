/** How often each fault is made, and who writes meanwhile. */
export interface Scale {
  readonly writers: number;
  readonly servers: number;
  readonly connections: number;
  /** Faults that take seconds each. */
  readonly slow: number;
  /** Three processes of four clients when not given. */
  readonly load?: { readonly processes: number; readonly clients: number };
}
