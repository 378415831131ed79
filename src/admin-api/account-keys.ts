import * as z from 'zod';
import { accountKeyAlgorithms } from '../core/accounts/account-key-algorithm.ts';
import { allSignatureAlgorithms } from '../core/jwt/algorithms.ts';
import { identifier, status, text, timestamp } from './text.ts';

const generate = z
  .enum(accountKeyAlgorithms)
  .meta({ description: 'Make a key pair and hand out the credentials once.' });

const expiresAt = z.iso
  .datetime({ offset: true, error: 'Give a time such as 2027-01-31T12:00:00Z, or null.' })
  .nullable()
  .meta({ description: 'From then on the key is not accepted; null: until it is disabled or deleted.' });

const publicKey = z
  .union([text(16_384, 1), z.record(z.string(), z.unknown())], {
    error: 'Give PEM as a text, or a JWK as an object.',
  })
  .meta({
    description:
      'PEM (SPKI, PKCS#1 or an X.509 certificate, whose end of validity becomes expiresAt) or a JWK.',
  });

const uploaded = {
  publicKey,
  algorithm: z.enum(allSignatureAlgorithms).optional().meta({
    description:
      'The one algorithm assertions are signed with. Left out: alg of the JWK, else RS256 for RSA and what the curve says.',
  }),
  kid: text(256, 1).optional().meta({
    description: 'What assertions name the key by. Left out: kid of the JWK, else the RFC 7638 thumbprint.',
  }),
};

const either = { error: 'Give generate (ES256, RS256 or Ed25519), or publicKey (PEM or JWK).' };

/** The first key of a new account: `key` of `POST /service-accounts`. */
export const firstAccountKey = z
  .union(
    [
      z.strictObject({ generate, expiresAt: expiresAt.default(null) }),
      z.strictObject({ ...uploaded, expiresAt: expiresAt.optional() }),
    ],
    either,
  )
  .meta({ description: 'The first key of an account that signs its own assertions (private_key_jwt).' });

/** Body of `POST /service-accounts/{id}/keys` (contract §5). */
export const createAccountKeyBody = firstAccountKey.meta({
  id: 'CreateAccountKey',
  description: 'A key pair made here, or a public key made elsewhere.',
  example: { generate: 'ES256' },
});

/** Body of `PATCH /service-accounts/{id}/keys/{keyId}`. */
export const patchAccountKeyBody = z
  .strictObject({ status: status.optional(), expiresAt: expiresAt.optional() })
  .meta({ id: 'PatchAccountKey', example: { status: 'disabled' } });

/** Parameters of the paths below one account. */
export const accountKeyParams = z.strictObject({
  id: identifier,
  keyId: text(256, 1).meta({ description: 'The id of the key, or its kid.' }),
});

const members = {
  id: z.string(),
  kid: z.string().meta({ description: 'What assertions name the key by.' }),
  thumbprint: z.string().meta({ description: 'RFC 7638 SHA-256 thumbprint of the public key.' }),
  algorithm: z.enum(allSignatureAlgorithms),
  publicKey: z.record(z.string(), z.unknown()).meta({ description: 'The public key as a JWK.' }),
  status,
  expiresAt: timestamp.nullable(),
  createdAt: timestamp,
  lastUsedAt: timestamp.nullable().meta({
    description: 'When an assertion signed with it was last accepted; known to other nodes within seconds.',
  }),
};

/** A key of an account on the wire; the private half is never part of it. */
export const accountKeyResource = z.strictObject(members).meta({ id: 'AccountKey' });

/** The credentials file of an account with a key of its own, exactly as a client needs it (contract §5). */
export const credentialsResource = z
  .strictObject({
    serviceAccountId: z.string(),
    clientId: z.string(),
    privateKey: z.string().meta({ description: 'PKCS#8 PEM. Shown once, kept nowhere.' }),
    keyId: z.string(),
    algorithm: z.string(),
    tenant: z.string(),
    issuer: z.string(),
    discoveryURI: z.string(),
    tokenEndpoint: z.string(),
  })
  .meta({ id: 'Credentials' });

/** A key that was just added, with its credentials where the key pair was made here. */
export const createdAccountKeyResource = z
  .strictObject({ ...members, credentials: credentialsResource.optional() })
  .meta({ id: 'AccountKeyWithCredentials' });
