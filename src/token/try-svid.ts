import { checksOf, failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import { inspectSvid } from '../core/issuance/svid/inspect-svid.ts';
import type { JsonObject } from '../core/json.ts';
import { parseCompactJws } from '../core/jwt/compact-form.ts';
import { spiffeIssuer } from '../core/oauth/metadata.ts';
import type { PublishedKey } from '../core/signing-keys/published-keys.ts';
import { toEpochSeconds } from '../core/time.ts';
import { type KeyRing, NoActiveSigningKey } from '../keys/key-ring-view.ts';
import type { ReplayGuard } from '../ports/replay-guard.ts';
import type { SignatureVerifier } from '../ports/signature-verifier.ts';
import type { TokenAuthentication } from './authenticate-token.ts';
import type { Evidence } from './evidence.ts';
import { type IssuedSvid, issueSvid, type SvidIssuance, type SvidOrder } from './issue-svid.ts';

/** What trying a credential provider uses: all that issuing uses, and what a verifier would. */
export interface SvidTrials extends TokenAuthentication, SvidIssuance {
  readonly keyRing: Pick<KeyRing, 'signer' | 'published'>;
  readonly verifier: Pick<SignatureVerifier, 'importKey' | 'verify'>;
  readonly replayGuard: Pick<ReplayGuard, 'isUsed'>;
}

/** What is in a JWT-SVID; without its signature it is of no use to anybody. */
export interface DecodedSvid {
  readonly header: JsonObject;
  readonly claims: JsonObject;
}

/**
 * Does all that issuing does and reads the finished JWT-SVID back with the published keys, each point as a check in
 * `evidence`. The token ends here: what is handed on has no signature.
 */
export const trySvid = async (
  deps: SvidTrials,
  evidence: Evidence,
  order: SvidOrder,
): Promise<DecodedSvid | null> => {
  const issued = evidence.of(await issueOrSayWhy(deps, order));
  if (!issued.ok) return null;
  const jws = evidence.of(parseCompactJws(issued.value.accessToken));
  if (!jws.ok) return null;
  const published = await deps.keyRing.published(order.tenant, 'jwt-svid');
  const header = JSON.parse(
    Buffer.from(issued.value.accessToken.split('.', 1)[0] ?? '', 'base64url').toString(),
  ) as JsonObject;
  const { provider, compiled } = order;
  const { alg, kid } = jws.value.header;
  const key = importNamed(deps.verifier, published, kid);
  const finished = {
    header,
    claims: jws.value.claims,
    signatureIsGood:
      key !== null && (await deps.verifier.verify(alg, key, jws.value.signingInput, jws.value.signature)),
  };
  const checks = inspectSvid(finished, {
    trustDomain: compiled.subject.trustDomain,
    issuer: spiffeIssuer(order.issuer),
    audience: provider.audience,
    algorithm: provider.algorithm,
    lifetimeMinutes: provider.lifetimeMinutes,
    claims: new Map(
      provider.claims.map((each) => [each.name, each.type === 'literal' ? each.value : undefined]),
    ),
    publishedKids: published.map((each) => each.kid),
    now: toEpochSeconds(deps.clock.now()),
  });
  evidence.of(grant(undefined, checks));
  return { header, claims: finished.claims };
};

const issueOrSayWhy = async (deps: SvidIssuance, order: SvidOrder): Promise<Verdict<IssuedSvid>> => {
  const check = 'svid.signing-key';
  const expected = `an active ${order.provider.algorithm} key for JWT-SVIDs`;
  try {
    const issued = await issueSvid(deps, order);
    if (!issued.ok) return issued;
    return {
      ...issued,
      checks: [...checksOf(issued), passed(check, expected, present(issued.value.header.kid))],
    };
  } catch (error) {
    if (!(error instanceof NoActiveSigningKey)) throw error;
    return refuse('signing_key_unavailable', [
      failed(check, expected, 'none', 'The tenant has no such key at the moment: see its signing keys.'),
    ]);
  }
};

const importNamed = (
  verifier: Pick<SignatureVerifier, 'importKey'>,
  published: readonly PublishedKey[],
  kid: string | null,
) => {
  const named = published.find((each) => each.kid === kid);
  const key = named === undefined ? null : verifier.importKey({ ...named });
  return key?.ok === true ? key.value : null;
};
