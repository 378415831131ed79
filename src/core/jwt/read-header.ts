import { failed, grant, passed, refuse, type Verdict } from '../activity/check.ts';
import { everyVerdict } from '../activity/every-verdict.ts';
import { present } from '../activity/present.ts';
import { type JsonObject, member } from '../json.ts';
import { allSignatureAlgorithms, isSignatureAlgorithm, type SignatureAlgorithm } from './algorithms.ts';
import { isKid, kidRule } from './kid.ts';
import { mediaSubtype } from './media-subtype.ts';

/** The header parameters of a JWS that decide anything (RFC 7515 §4.1). */
export interface JoseHeader {
  readonly alg: SignatureAlgorithm;
  /** Opaque; only ever compared and used as the key of a map (A07, ST-10). */
  readonly kid: string | null;
  readonly typ: string | null;
  /** The whole header as it came. */
  readonly raw: JsonObject;
}

/**
 * Members that would change what is verified or with which key (A04 to A06, A15, A16; ST-03, ST-08, ST-09). `x5t` and
 * `x5t#S256` only name a certificate and are ignored: Entra sends them.
 */
const forbiddenMembers = ['crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c', 'zip', 'enc'] as const;

const expectedAlgorithm = allSignatureAlgorithms.join(' ');
const expectedMembers = `none of ${forbiddenMembers.join(' ')}, and no nested token in cty`;
const membersAreGood = [passed('header.members', expectedMembers, 'none')];
const expectedKid = `absent, or ${kidRule}`;
const expectedTyp = 'absent, or a string that is not empty';

/** Narrows a JOSE header; the checks, always all of them: `header.alg`, `header.members`, `header.kid`, `header.typ`. */
export const readHeader = (header: JsonObject): Verdict<JoseHeader> => {
  const verdict = everyVerdict({
    alg: readAlgorithm(header),
    members: checkMembers(header),
    kid: readKid(header),
    typ: readTyp(header),
  });
  if (!verdict.ok) return verdict;
  const { alg, kid, typ } = verdict.value;
  return grant({ alg, kid, typ, raw: header }, verdict.checks);
};

const readAlgorithm = (header: JsonObject): Verdict<SignatureAlgorithm> => {
  const alg = member(header, 'alg');
  if (isSignatureAlgorithm(alg)) return grant(alg, () => [passed('header.alg', expectedAlgorithm, alg)]);
  const hint =
    typeof alg === 'string' && /^hs\d/iu.test(alg)
      ? 'HMAC is never accepted: whoever can verify such a token can also make one. Let the issuer sign with a private key.'
      : typeof alg === 'string' && /^none$/iu.test(alg)
        ? 'The token is not signed.'
        : 'Names are compared exactly, case included (RFC 7515 §4.1.1).';
  return refuse('token_algorithm_not_allowed', [failed('header.alg', expectedAlgorithm, present(alg), hint)]);
};

const checkMembers = (header: JsonObject): Verdict<null> => {
  const found = forbiddenMembers.find((name) => Object.hasOwn(header, name));
  if (found !== undefined) {
    const hint = `The header has ${found}. Keys come only from the trusted issuer or the account, and no extension is understood.`;
    return refuse('token_header_forbidden', [failed('header.members', expectedMembers, found, hint)]);
  }
  const cty = member(header, 'cty');
  if (cty !== undefined && (typeof cty !== 'string' || mediaSubtype(cty) === 'jwt')) {
    return refuse('token_header_forbidden', [
      failed(
        'header.members',
        expectedMembers,
        present({ cty }),
        'The token holds another token. Send the inner one, signed by its issuer.',
      ),
    ]);
  }
  return grant(null, membersAreGood);
};

const readKid = (header: JsonObject): Verdict<string | null> => {
  const kid = member(header, 'kid');
  if (kid === undefined || isKid(kid)) {
    return grant(kid ?? null, () => [passed('header.kid', expectedKid, present(kid))]);
  }
  return refuse('token_malformed', [
    failed(
      'header.kid',
      expectedKid,
      present(kid),
      'The issuer names its key in a way that no key can have.',
    ),
  ]);
};

const readTyp = (header: JsonObject): Verdict<string | null> => {
  const typ = member(header, 'typ');
  if (typ === undefined || (typeof typ === 'string' && typ !== '')) {
    return grant(typ ?? null, () => [passed('header.typ', expectedTyp, present(typ))]);
  }
  return refuse('token_malformed', [
    failed('header.typ', expectedTyp, present(typ), 'Have the issuer write JWT, or leave typ out.'),
  ]);
};
