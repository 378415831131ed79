import type { webcrypto } from 'node:crypto';
import type { TokenAlgorithm } from '../requests/sign-many.ts';
import type { SigningAlgorithm } from './compute-limit.ts';

/** What one short process measures. */
export type PrimitiveJob =
  | {
      readonly act: 'verify';
      readonly algorithm: TokenAlgorithm;
      readonly tokens: readonly string[];
      readonly jwk: webcrypto.JsonWebKey;
      readonly seconds: number;
    }
  | { readonly act: 'sign'; readonly algorithm: SigningAlgorithm; readonly seconds: number };

/** CPU seconds of one call, the cheaper where there are two ways to do the same. */
export interface PrimitiveAnswer {
  readonly secondsPerCall: number;
}
