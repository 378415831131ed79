// A verifier of JWT-SVIDs written from the SPIFFE text, with nothing of the product and nothing of jose in it.
import { createPublicKey, verify } from 'node:crypto';
import { readSpiffeId } from './read-spiffe-id.ts';

type Members = Readonly<Record<string, unknown>>;

/** A SPIFFE bundle as it is published (Trust Domain and Bundle §4). */
export interface SpiffeBundle {
  readonly keys: readonly Members[];
  readonly [name: string]: unknown;
}

const digests: Readonly<Record<string, string>> = {
  RS256: 'sha256',
  RS384: 'sha384',
  RS512: 'sha512',
  ES256: 'sha256',
  ES384: 'sha384',
  ES512: 'sha512',
};

/** Everything in which `token` is no good JWT-SVID of this trust domain for this audience; empty for a good one. */
export const faultsOfJwtSvid = (
  token: string,
  {
    bundle,
    trustDomain,
    audience,
    now = Date.now() / 1000,
  }: {
    readonly bundle: SpiffeBundle;
    readonly trustDomain: string;
    readonly audience: string;
    readonly now?: number;
  },
): readonly string[] => {
  const faults: string[] = [];
  const demand = (holds: boolean, fault: string): void => void (holds || faults.push(fault));
  const parts = token.split('.');
  if (parts.length !== 3) return ['JWT-SVID §1: no compact JWS'];
  const [headerText = '', claimsText = '', signatureText = ''] = parts;
  const header = JSON.parse(Buffer.from(headerText, 'base64url').toString()) as Members;
  const claims = JSON.parse(Buffer.from(claimsText, 'base64url').toString()) as Members;

  demand(Object.keys(header).sort().join() === 'alg,kid,typ', '§2: a member beside alg, kid, typ');
  demand(Object.hasOwn(digests, String(header['alg'])), '§2.1: alg');
  demand(typeof header['kid'] === 'string' && header['kid'] !== '', '§2.2: kid');
  demand(header['typ'] === 'JWT' || header['typ'] === 'JOSE', '§2.3: typ');

  const { sub, aud, exp, iat } = claims;
  const id = typeof sub === 'string' ? readSpiffeId(sub) : { offends: 'type' };
  demand('trustDomain' in id, `§3.1: sub ${'offends' in id ? id.offends : ''}`);
  demand('segments' in id && id.segments.length > 0, '§3.1: the sub of a workload has a path');
  demand('trustDomain' in id && id.trustDomain === trustDomain, '§3.1: trust domain');
  demand(Array.isArray(aud) && aud.length === 1 && aud[0] === audience, '§3.2: aud');
  demand(Number.isInteger(exp) && Number(exp) > now, '§3.3: exp');
  demand(Number.isInteger(iat) && Number(iat) <= now + 1, '§3: iat');
  demand(typeof claims['iss'] === 'string' && typeof claims['jti'] === 'string', '§3: iss and jti');

  const named = bundle.keys.filter((key) => key['use'] === 'jwt-svid' && key['kid'] === header['kid']);
  demand(named.length === 1, '§6.1: one key of the bundle has this kid');
  const [jwk] = named;
  const digest = digests[String(header['alg'])];
  if (jwk !== undefined && digest !== undefined) {
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    const fits = key.asymmetricKeyType === (String(header['alg']).startsWith('RS') ? 'rsa' : 'ec');
    const good =
      fits &&
      verify(
        digest,
        Buffer.from(`${headerText}.${claimsText}`),
        { key, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signatureText, 'base64url'),
      );
    demand(good, '§4: signature');
  }
  return faults;
};
