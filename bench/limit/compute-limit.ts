import type { TokenAlgorithm } from '../requests/sign-many.ts';
import { median, type Spread, spreadOf } from '../statistics.ts';

/** Algorithms access tokens and JWT-SVIDs are signed with. */
export const signingAlgorithms = ['ES256', 'RS256'] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** What must be done for one token whatever the server is. */
export interface LimitOf {
  readonly verify: TokenAlgorithm;
  readonly sign: SigningAlgorithm;
}

/** CPU seconds of one call of each primitive on the core of the server, round by round. */
export interface Primitives {
  readonly verify: Readonly<Record<TokenAlgorithm, readonly number[]>>;
  readonly sign: Readonly<Record<SigningAlgorithm, readonly number[]>>;
  /** One request through Fastify, with a form and an answer as large as those of an exchange. */
  readonly http: readonly number[];
  /** Requests a second through Fastify. */
  readonly httpPerSecond: readonly number[];
}

/** CPU seconds below which one core cannot do the work. */
export const leastSeconds = ({ verify, sign, http }: Primitives, of: LimitOf): number =>
  median(verify[of.verify]) + median(sign[of.sign]) + median(http);

/** Tokens a second that one core could issue at most: each round of the primitives gives a limit. */
export const limitPerSecond = ({ verify, sign, http }: Primitives, of: LimitOf): Spread =>
  spreadOf(
    http.map((seconds, round) => {
      const [verifying, signing] = [verify[of.verify][round], sign[of.sign][round]];
      if (verifying === undefined || signing === undefined)
        throw new Error('a round of the primitives is missing');
      return 1 / (seconds + verifying + signing);
    }),
  );
