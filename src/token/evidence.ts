import type { PresentedJwt } from '../core/activity/activity.ts';
import { type Check, checksOf, nothingSeen, type Seen, type Verdict } from '../core/activity/check.ts';
import { showToken, showTokenParts, type TokenParts } from '../core/jwt/show-token.ts';
import { type FormPair, readFormPairs } from '../core/oauth/form-parameters.ts';
import { showParameters, type ShownParameters } from '../core/oauth/show-parameters.ts';
import { type ParameterName, tokenParameters } from '../core/oauth/vocabulary.ts';

/**
 * Characters of claims that one refusal keeps in all: of a token with a good signature, of one that only names a registered
 * issuer or account, and of a stranger. Whoever sends a token without a good signature decides how large it is: no more is
 * kept of it than the tokens of platforms have (A36).
 */
const claimsRoom = { verified: 7168, known: 3072, stranger: 2048 } as const;

/** Gathers what every step of one request looked at, in order; what the activity will show. */
export interface Evidence {
  /** Keeps the checks and facts of a step and hands its verdict on. */
  of<V extends Verdict<unknown>>(verdict: V): V;
  /** The same of a step whose checks are told of a token that is issued, too. */
  told<V extends Verdict<unknown>>(verdict: V): V;
  /** Notes the form body and the names that are read of it. */
  readonly noteForm: (body: string, names: readonly ParameterName[]) => void;
  /** Notes the token that is looked at from now on, and where it stood. */
  readonly noteToken: (parameter: string, token: string) => void;
  /** What was read of the token noted last, so that it need not be read again to be shown. */
  readonly noteParts: (parts: TokenParts) => void;
  /** The signature of the token noted last is good. */
  readonly noteGoodSignature: () => void;
  readonly checks: () => readonly Check[];
  /** Those of the steps that refused. */
  readonly refusingChecks: () => readonly Check[];
  /** Those of the steps that are {@link told}. */
  readonly toldChecks: () => readonly Check[];
  readonly seen: () => Seen;
  /** Whether the signature of any token was good. */
  readonly isVerified: () => boolean;
  /** The form parameters, secrets out; `null` where there were none that could be read. */
  readonly parameters: () => ShownParameters | null;
  /** The tokens in the order in which they were looked at. */
  readonly presented: () => readonly PresentedJwt[];
}

interface NotedToken {
  readonly parameter: string;
  readonly token: string;
  parts: TokenParts | null;
  isVerified: boolean;
}

/** An empty {@link Evidence}, one per request. Nothing is made ready to be shown before somebody asks for it. */
export const collectEvidence = (): Evidence => {
  const steps: Verdict<unknown>[] = [];
  const toldSteps: Verdict<unknown>[] = [];
  const tokens: NotedToken[] = [];
  let seen: Seen = nothingSeen;
  let form: { readonly body: string; readonly names: readonly ParameterName[] } | null = null;
  let pairs: readonly FormPair[] | null = null;
  const readPairs = (): readonly FormPair[] =>
    (pairs ??= (form === null ? null : readFormPairs(form.body)) ?? []);
  const note = <V extends Verdict<unknown>>(verdict: V): V => {
    steps.push(verdict);
    if (verdict.seen !== undefined && verdict.seen !== nothingSeen) seen = withMore(seen, verdict.seen);
    return verdict;
  };
  return {
    of: note,
    told: (verdict) => {
      toldSteps.push(verdict);
      return note(verdict);
    },
    noteForm: (body, names) => {
      form = { body, names };
      pairs = null;
    },
    noteToken: (parameter, token) => void tokens.push({ parameter, token, parts: null, isVerified: false }),
    noteParts: (parts) => {
      const last = tokens.at(-1);
      if (last !== undefined) last.parts = parts;
    },
    noteGoodSignature: () => {
      const last = tokens.at(-1);
      if (last !== undefined) last.isVerified = true;
    },
    checks: () => steps.flatMap(checksOf),
    refusingChecks: () => steps.filter((step) => !step.ok).flatMap(checksOf),
    toldChecks: () => toldSteps.flatMap(checksOf),
    seen: () => seen,
    isVerified: () => tokens.some(({ isVerified }) => isVerified),
    parameters: () => (form === null ? null : showParameters(readPairs(), form.names)),
    presented: () => {
      const known = new Set(tokens.map(({ parameter }) => parameter));
      const others = readTokens(readPairs()).filter(({ parameter }) => !known.has(parameter));
      const all = [...tokens, ...others];
      const roomOf = ({ isVerified }: NotedToken): number => {
        const whose = seen.known === true ? (isVerified ? 'verified' : 'known') : 'stranger';
        return Math.floor(claimsRoom[whose] / all.length);
      };
      return all.map((noted) => ({
        parameter: noted.parameter,
        ...(noted.parts === null
          ? showToken(noted.token, roomOf(noted))
          : showTokenParts(noted.parts, roomOf(noted))),
        verified: noted.isVerified,
      }));
    },
  };
};

/** What one step says beside what those before it said; the first that says anything is all there is. */
const withMore = (seen: Seen, more: Seen): Seen => (seen === nothingSeen ? more : { ...seen, ...more });

/** The tokens of a form that nobody came to look at, each parameter once. */
const readTokens = (pairs: readonly FormPair[]): readonly NotedToken[] =>
  tokenParameters.flatMap((parameter) => {
    const token = pairs.find(({ name, value }) => name === parameter && value)?.value;
    return typeof token === 'string' ? [{ parameter, token, parts: null, isVerified: false }] : [];
  });
