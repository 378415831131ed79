import { randomUUID } from 'node:crypto';
import type { Contender } from '../contenders/contender.ts';
import { signMany, type Signer } from './sign-many.ts';

/** So far ahead an assertion may expire at most is an hour; a round is over long before. */
const lifetimeSeconds = 1800;

/** Signs assertions (RFC 7523 §3), each with a `jti` of its own, because each works once. */
export const createAssertions =
  ({ clientId, audience }: Contender['ownKey'], key: Signer) =>
  (count: number): Promise<readonly string[]> =>
    signMany(
      count,
      () => key,
      () => {
        const now = Math.floor(Date.now() / 1000);
        return {
          iss: clientId,
          sub: clientId,
          aud: audience,
          iat: now,
          exp: now + lifetimeSeconds,
          jti: randomUUID(),
        };
      },
    );
