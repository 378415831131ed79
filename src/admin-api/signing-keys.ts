import * as z from 'zod';
import { accessTokenAlgorithms } from '../core/jwt/algorithms.ts';
import { text, timestamp } from './text.ts';

const purpose = z.enum(['access-token', 'jwt-svid']);

/** Parameters of the path of one key. */
export const signingKeyParams = z.strictObject({ kid: text(256, 1) });

/** Body of `POST /signing-keys/rotate`; what is left out means every one. */
export const rotateSigningKeysBody = z
  .strictObject({
    purpose: purpose.optional(),
    algorithm: z.enum(accessTokenAlgorithms).optional(),
  })
  .meta({ id: 'RotateSigningKeys', example: { purpose: 'access-token', algorithm: 'ES256' } });

/** A signing key on the wire, with what comes next for it. */
export const signingKeyResource = z
  .strictObject({
    kid: z.string(),
    purpose,
    algorithm: z.enum(accessTokenAlgorithms),
    state: z.enum(['prepared', 'active', 'retired']),
    publicKey: z.record(z.string(), z.unknown()).meta({ description: 'The public key as a JWK.' }),
    ageSeconds: z.int(),
    createdAt: timestamp,
    activatedAt: timestamp.nullable(),
    retiredAt: timestamp.nullable(),
    next: z
      .strictObject({ state: z.enum(['prepared', 'active', 'retired', 'gone']), at: timestamp })
      .meta({ description: 'The next state and when it comes of itself.' }),
  })
  .meta({ id: 'SigningKey' });

/** A page of the keys, or all of them after a rotation was asked for, or a key revoked. */
export const signingKeysResource = z
  .strictObject({ items: z.array(signingKeyResource), nextCursor: z.string().nullable() })
  .meta({ id: 'SigningKeys' });
