import * as z from 'zod';
import { allSignatureAlgorithms } from '../core/jwt/algorithms.ts';
import { removable, status, text, timestamp } from './text.ts';
import { warningsOf } from './warnings.ts';

/** A JWK as sent: flat, so that no body makes the parser dig deep. Which keys are good is for the rules. */
const jwk = z.record(
  text(64, 1),
  z.union([text(16_384), z.number(), z.boolean(), z.array(text(16_384)).max(16)]),
);

const members = {
  jwksUri: text(2048, 1),
  jwks: z.strictObject({ keys: z.array(jwk).max(32) }),
  bundleEndpointUrl: text(2048, 1),
  bundleEndpointProfile: z.enum(['https_web']),
  algorithms: z.array(z.enum(allSignatureAlgorithms)).max(16),
  allowAccessTokenType: z.boolean(),
  replay: z.enum(['reusable', 'single-use']),
  staleIfErrorSeconds: z.int().min(0).max(86_400),
  caCertificates: text(65_536, 1),
};

/** Body of `POST /trusted-issuers`. */
export const createTrustedIssuerBody = z
  .strictObject({
    issuer: text(1024),
    jwksUri: members.jwksUri.nullable().default(null),
    jwks: members.jwks.nullable().default(null),
    bundleEndpointUrl: members.bundleEndpointUrl.nullable().default(null).meta({
      description: 'Of a SPIFFE trust domain, whose issuer is spiffe:// and its name.',
    }),
    bundleEndpointProfile: members.bundleEndpointProfile.nullable().default(null),
    algorithms: members.algorithms.nullable().default(null),
    allowAccessTokenType: members.allowAccessTokenType.default(false),
    replay: members.replay.default('reusable'),
    staleIfErrorSeconds: members.staleIfErrorSeconds.default(3600),
    caCertificates: members.caCertificates.nullable().default(null),
    status: status.default('enabled'),
  })
  .meta({
    id: 'CreateTrustedIssuer',
    example: {
      issuer: 'https://token.actions.githubusercontent.com',
      jwksUri: 'https://token.actions.githubusercontent.com/.well-known/jwks',
    },
  });

/** Body of `PATCH /trusted-issuers/{id}`. */
export const patchTrustedIssuerBody = z
  .strictObject({
    jwksUri: members.jwksUri.nullable().optional(),
    jwks: members.jwks.nullable().optional(),
    bundleEndpointUrl: members.bundleEndpointUrl.nullable().optional(),
    bundleEndpointProfile: members.bundleEndpointProfile.nullable().optional(),
    algorithms: members.algorithms.nullable().optional(),
    allowAccessTokenType: removable(members.allowAccessTokenType, false),
    replay: removable(members.replay, 'reusable'),
    staleIfErrorSeconds: removable(members.staleIfErrorSeconds, 3600),
    caCertificates: members.caCertificates.nullable().optional(),
    status: status.optional(),
  })
  .meta({ id: 'PatchTrustedIssuer', example: { staleIfErrorSeconds: 7200 } });

/** How the keys of an issuer are: which, from where, until when, and what went wrong last. */
export const keyHealthResource = z
  .strictObject({
    ok: z
      .boolean()
      .meta({ description: 'Whether the last fetch succeeded; true where none was needed yet.' }),
    source: z.enum(['pinned', 'jwks-uri', 'discovery', 'bundle-endpoint']),
    jwksUri: z.string().nullable().meta({ description: 'Where the keys were or would be fetched from.' }),
    keys: z.array(
      z.strictObject({
        kid: z.string().nullable(),
        kty: z.string(),
        alg: z.string().nullable(),
        thumbprint: z.string(),
      }),
    ),
    ignored: z.array(z.string()),
    fetchedAt: timestamp.nullable(),
    freshUntil: timestamp.nullable(),
    usableUntil: timestamp.nullable(),
    lastAttemptAt: timestamp.nullable(),
    lastError: z.string().nullable(),
    clockOffsetSeconds: z.int().nullable().meta({
      description: 'How far its clock was ahead of ours when it last answered; negative: behind.',
    }),
  })
  .meta({ id: 'KeyHealth' });

const publicJwk = z.strictObject({
  kty: z.string(),
  kid: z.string().optional(),
  alg: z.string().optional(),
  use: z.string().optional(),
  n: z.string().optional(),
  e: z.string().optional(),
  crv: z.string().optional(),
  x: z.string().optional(),
  y: z.string().optional(),
});

const resource = {
  id: z.string(),
  issuer: z.string(),
  jwksUri: z.string().nullable().meta({ description: 'null: discovered at the issuer, or pinned.' }),
  jwks: z.strictObject({ keys: z.array(publicJwk) }).nullable(),
  bundleEndpointUrl: z
    .string()
    .nullable()
    .meta({ description: 'Where the bundle of a SPIFFE trust domain comes from; null for other issuers.' }),
  bundleEndpointProfile: members.bundleEndpointProfile.nullable(),
  algorithms: z.array(z.string()),
  allowAccessTokenType: z.boolean(),
  replay: members.replay,
  staleIfErrorSeconds: z.int(),
  caCertificates: z.string().nullable(),
  status,
  platform: z
    .strictObject({
      name: z.string(),
      title: z.string(),
      shared: z.boolean(),
      advice: z.array(z.string()),
      recommendedConditions: z.array(z.strictObject({ claim: z.string(), why: z.string() })),
    })
    .nullable()
    .meta({ description: 'What is known of the platform behind this issuer.' }),
  warnings: warningsOf,
  createdAt: timestamp,
  updatedAt: timestamp,
};

/** A trusted issuer on the wire. */
export const trustedIssuerResource = z.strictObject(resource).meta({ id: 'TrustedIssuer' });

/** A trusted issuer with the health of its keys. */
export const trustedIssuerWithHealthResource = z
  .strictObject({ ...resource, keyHealth: keyHealthResource })
  .meta({ id: 'TrustedIssuerWithHealth' });
