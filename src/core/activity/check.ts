import type { RefusalReason } from '../oauth/reasons.ts';

/** One thing that was looked at while deciding: what was wanted, what came, and whether that is good. */
export interface Check {
  /** Stable name of the check, lower-case words joined by dots, for example `claims.exp`. */
  readonly check: string;
  /** What would have been good, in words or as the literal value. */
  readonly expected: string;
  /** What was presented; never token text, never a key. */
  readonly presented: string;
  readonly ok: boolean;
  /** What to do about it, for the administrator who opens the receipt. */
  readonly hint?: string;
}

/** What is known about a request so far; unverified until the signature check is among the checks and ok. */
export interface Seen {
  readonly issuer?: string;
  readonly subject?: string;
  readonly audience?: string;
  readonly account?: { readonly id: string; readonly name: string };
  /** True once the request reached a registered issuer or account: then its refusal is an activity of its own. */
  readonly known?: boolean;
}

/** Checks, or how they are made: what passed is nearly never shown, so it is written down when somebody looks. */
export type Checks = readonly Check[] | (() => readonly Check[]);

/** The outcome of one step of a decision with the evidence for it. A refusal is a value; a fault is thrown. */
export type Verdict<T> = { readonly seen?: Seen } & (
  | { readonly ok: true; readonly value: T; readonly checks: Checks }
  | { readonly ok: false; readonly reason: RefusalReason; readonly checks: readonly Check[] }
);

/** The checks of a verdict. */
export const checksOf = ({ checks }: { readonly checks: Checks }): readonly Check[] =>
  typeof checks === 'function' ? checks() : checks;

/** Of a verdict that says no more about the request than was known. */
export const nothingSeen: Seen = Object.freeze({});

const noChecks: readonly Check[] = Object.freeze([]);

/** A positive verdict. */
export const grant = <T>(value: T, checks: Checks = noChecks, seen: Seen = nothingSeen): Verdict<T> => ({
  ok: true,
  value,
  checks,
  seen,
});

/** A negative verdict. */
export const refuse = (
  reason: RefusalReason,
  checks: readonly Check[] = noChecks,
  seen: Seen = nothingSeen,
): Verdict<never> => ({
  ok: false,
  reason,
  checks,
  seen,
});

/** A check that passed. */
export const passed = (check: string, expected: string, presented: string): Check => ({
  check,
  expected,
  presented,
  ok: true,
});

/** A check that failed. */
export const failed = (check: string, expected: string, presented: string, hint?: string): Check => ({
  check,
  expected,
  presented,
  ok: false,
  ...(hint === undefined ? {} : { hint }),
});
