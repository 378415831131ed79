import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { signatureAlgorithms, type SignatureAlgorithm } from '../../src/core/jwt/algorithms.ts';

/** A key pair and the public half as a JWK. */
export interface TestKeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: Readonly<Record<string, string>>;
}

const withJwk = ({
  privateKey,
  publicKey,
}: {
  privateKey: KeyObject;
  publicKey: KeyObject;
}): TestKeyPair => ({
  privateKey,
  publicKey,
  jwk: publicKey.export({ format: 'jwk' }) as Record<string, string>,
});

/** A fresh RSA key pair. */
export const makeRsaKeyPair = (modulusLength = 2048, publicExponent = 65_537): TestKeyPair =>
  withJwk(generateKeyPairSync('rsa', { modulusLength, publicExponent }));

/** A fresh EC key pair. */
export const makeEcKeyPair = (namedCurve: string): TestKeyPair =>
  withJwk(generateKeyPairSync('ec', { namedCurve }));

/** A fresh Ed25519 key pair. */
export const makeEd25519KeyPair = (): TestKeyPair => withJwk(generateKeyPairSync('ed25519'));

const pairs = {
  RSA: makeRsaKeyPair(),
  'P-256': makeEcKeyPair('P-256'),
  'P-384': makeEcKeyPair('P-384'),
  'P-521': makeEcKeyPair('P-521'),
  Ed25519: makeEd25519KeyPair(),
};

/** The key pair of this test run that fits `alg`. */
export const keyPairFor = (alg: SignatureAlgorithm): TestKeyPair => {
  const definition: { kty: string; crv?: keyof typeof pairs } = signatureAlgorithms[alg];
  return pairs[definition.crv ?? 'RSA'];
};

/** The signature value of `alg` over `signingInput` as JWS wants it. */
export const signJws = (alg: SignatureAlgorithm, signingInput: string, privateKey: KeyObject): Buffer => {
  const definition: { hash: string | null; padding?: string } = signatureAlgorithms[alg];
  return sign(definition.hash, Buffer.from(signingInput), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
    ...(definition.padding === 'pss'
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : {}),
  });
};

/** An object, JSON text as it is to stand in the token, or raw bytes. */
export type SegmentContent = object | string | Uint8Array;

/** Base64url of a segment. */
export const encodeSegment = (content: SegmentContent): string =>
  Buffer.from(
    content instanceof Uint8Array ? content : typeof content === 'string' ? content : JSON.stringify(content),
  ).toString('base64url');

/** What differs from the good token of {@link makeToken}. */
export interface TokenParts {
  /** What really signs; the header says so too unless it is replaced. */
  readonly alg?: SignatureAlgorithm;
  /** Members to change in the header; `undefined` removes one; a text or bytes replace the whole. */
  readonly header?: SegmentContent;
  /** The same for the claims. */
  readonly claims?: SegmentContent;
  readonly privateKey?: KeyObject;
}

/** The time all tokens of these tests are made at. */
export const testNow = 1_790_000_000;

/** The issuer of {@link githubClaims}. */
export const githubIssuer = 'https://token.actions.githubusercontent.com';

/** The claims of a GitHub Actions token, 5 minutes long. */
export const githubClaims: Readonly<Record<string, unknown>> = {
  jti: '1c3a5b1e-3b0a-4b8e-9b0a-3b8e9b0a3b8e',
  sub: 'repo:acme/payments:environment:production',
  aud: 'https://sts.example.com',
  ref: 'refs/heads/main',
  sha: '0123456789abcdef0123456789abcdef01234567',
  repository: 'acme/payments',
  repository_owner: 'acme',
  repository_owner_id: '8675309',
  run_id: '1234567890',
  actor: 'octocat',
  workflow: 'deploy',
  event_name: 'push',
  job_workflow_ref: 'acme/payments/.github/workflows/deploy.yml@refs/heads/main',
  runner_environment: 'github-hosted',
  iss: githubIssuer,
  nbf: testNow - 300,
  iat: testNow,
  exp: testNow + 300,
};

const change = (
  base: Readonly<Record<string, unknown>>,
  content: SegmentContent | undefined,
): SegmentContent =>
  typeof content === 'string' || content instanceof Uint8Array ? content : { ...base, ...content };

/** A token shaped like GitHub's, good but for what `parts` changes, truly signed. */
export const makeToken = ({ alg = 'ES256', header, claims, privateKey }: TokenParts = {}): string => {
  const fullHeader = change({ typ: 'JWT', alg, kid: '38826b17-6a30-5f9b-b169-8beb8202f723' }, header);
  const signingInput = `${encodeSegment(fullHeader)}.${encodeSegment(change(githubClaims, claims))}`;
  const signature = signJws(alg, signingInput, privateKey ?? keyPairFor(alg).privateKey);
  return `${signingInput}.${signature.toString('base64url')}`;
};
