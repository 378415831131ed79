import type { Contender } from '../contenders/contender.ts';
import { theExchange, urns } from '../the-exchange.ts';
import { type HostileKind, hostileTokens } from './hostile-tokens.ts';
import { judgeAccessToken, judgeJwtSvid, judgeRefusal } from './judge.ts';
import { createAssertions } from './own-key-assertions.ts';
import type { TokenAlgorithm } from './sign-many.ts';
import type { Supplies } from './supplies.ts';

/** What is asked of a server. */
export type WorkPlan =
  /** Token exchange with a third-party token; `tokens` says whether they are all different. */
  | {
      readonly door: 'exchange';
      readonly algorithm: TokenAlgorithm;
      readonly tokens: 'distinct' | 'one';
      /** For JWT-SVIDs, what they are signed with; absent: an access token. */
      readonly svid?: 'RS256' | 'ES256';
    }
  /** The same with RS256 tokens of seeded accounts, from all of them in turn. */
  | { readonly door: 'seeded'; readonly accounts: number; readonly issuers: number }
  /** Client credentials with private_key_jwt: every assertion works once. */
  | { readonly door: 'own-key' }
  /** Token exchange with a token of 16 KiB that is refused. */
  | { readonly door: 'hostile'; readonly kind: HostileKind };

/** Work for one server. */
export interface Work {
  /** Forms, at least `wanted` of those that can be sent only once. */
  forms(wanted: number): Promise<readonly string[]>;
  /** Whether a form may be sent again. */
  readonly again: boolean;
  /** How many of the forms are sent once before anything else, so that every key set is known. */
  readonly first: number;
  readonly expected: { readonly status: number; readonly text: string };
  /** Looks at an answer as a resource server would; throws `RunIsVoid` with what is wrong. */
  judge(body: string): Promise<void>;
}

const toForm = (members: Readonly<Record<string, string>>): string => new URLSearchParams(members).toString();
const issued = { status: 200, text: '"access_token":"ey' } as const;
/** So many different hostile tokens: each is refused by itself, and nothing is kept of it. */
const hostileCount = 2000;

/** Makes the work of a plan for one server. */
export const createWork = (plan: WorkPlan, contender: Contender, supplies: Supplies): Work => {
  const exchangeForm = (token: string, more: Readonly<Record<string, string>> = {}): string =>
    toForm({
      grant_type: urns.tokenExchange,
      subject_token: token,
      subject_token_type: urns.jwt,
      ...contender.exchangeMembers,
      ...more,
    });
  switch (plan.door) {
    case 'exchange': {
      const more = svidMembers(plan.svid);
      return {
        forms: async () => {
          const tokens = await supplies.tokens(plan.algorithm);
          return (plan.tokens === 'one' ? tokens.slice(0, 1) : tokens).map((token) =>
            exchangeForm(token, more),
          );
        },
        again: true,
        first: 0,
        expected: issued,
        judge: plan.svid === undefined ? judgeAccessToken(contender) : judgeJwtSvid(contender, plan.svid),
      };
    }
    case 'seeded':
      return {
        forms: async () =>
          (await supplies.seededTokens(plan.accounts, plan.issuers)).map((token) => exchangeForm(token)),
        again: true,
        first: plan.issuers > 1 ? plan.issuers : 0,
        expected: issued,
        judge: judgeAccessToken(contender),
      };
    case 'own-key': {
      const assertions = createAssertions(contender.ownKey, supplies.ownKey);
      return {
        forms: async (wanted) =>
          (await assertions(wanted)).map((assertion) =>
            toForm({
              grant_type: 'client_credentials',
              client_assertion_type: urns.assertion,
              client_assertion: assertion,
              // Asked for, because oidc-provider grants none otherwise.
              scope: theExchange.scope,
            }),
          ),
        again: false,
        first: 0,
        expected: issued,
        judge: judgeAccessToken(contender),
      };
    }
    case 'hostile':
      return {
        forms: () => {
          const { issuer, kid } = supplies.signerOf('RS256');
          return Promise.resolve(
            Array.from({ length: hostileCount }, (_, number) =>
              exchangeForm(hostileTokens[plan.kind]({ issuer, kid }, number)),
            ),
          );
        },
        again: true,
        first: 0,
        expected: { status: 400, text: '"error":"invalid_request"' },
        judge: judgeRefusal,
      };
  }
};

const svidMembers = (algorithm: 'RS256' | 'ES256' | undefined): Readonly<Record<string, string>> =>
  algorithm === undefined
    ? {}
    : { requested_token_type: urns.jwt, credential_provider: `payments-${algorithm.toLowerCase()}` };
