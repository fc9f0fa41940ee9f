import type { Approval } from "@perdure/checkpoint-core";
import { excerptOf } from "./steps/excerpt.ts";

/** A value, or that it is too large to go through a step and is read again where it is needed. */
export type Carried<T> = { readonly whole: T } | { readonly large: true };

/** Decisions, or the ids to read them by. */
export type CarriedDecisions =
  | { readonly whole: readonly Approval[] }
  | { readonly ids: readonly string[] };

/** A value as it goes through a step. */
export function carry<T>(value: T): Carried<T> {
  return "whole" in excerptOf(value) ? { whole: value } : { large: true };
}

/** Decisions as they go through a step. */
export function carryDecisions(decisions: readonly Approval[]): CarriedDecisions {
  if ("whole" in excerptOf(decisions)) return { whole: decisions };
  return { ids: decisions.map(({ id }) => id) };
}
