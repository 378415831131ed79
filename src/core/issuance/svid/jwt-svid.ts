import { checksOf, failed, grant, passed, refuse, type Verdict } from '../../activity/check.ts';
import type { JsonValue } from '../../json.ts';
import type { EpochSeconds } from '../../time.ts';
import type { CompiledProvider } from '../../credential-providers/parse-credential-provider.ts';
import { fillTyped } from '../template/fill.ts';
import type { TemplateData } from '../template/variable.ts';
import { fillSvidSubject } from './svid-subject.ts';

/** The claims of a JWT-SVID (SPIFFE JWT-SVID §3), in this order, then those of its provider. */
export interface JwtSvidClaims {
  readonly iss: string;
  readonly sub: string;
  /** An array of exactly one: some verifiers take a string apart into characters. */
  readonly aud: readonly [string];
  readonly iat: EpochSeconds;
  readonly exp: EpochSeconds;
  readonly jti: string;
  readonly [name: string]: JsonValue;
}

/** All the claims together, as JSON: a token has to fit into a header field. */
const maxClaimsBytes = 6144;

/** Builds the claims of a JWT-SVID from what was verified; a value that is missing or does not fit refuses it (A75, A78). */
export const buildJwtSvidClaims = (
  { subject, claims }: CompiledProvider,
  data: TemplateData,
  {
    issuer,
    audience,
    lifetimeMinutes,
    notAfter,
    jti,
    now,
  }: {
    /** The issuer of JWT-SVIDs, `<issuer>/spiffe`. */
    readonly issuer: string;
    readonly audience: string;
    readonly lifetimeMinutes: number;
    /** The end of the token that is exchanged, where the JWT-SVID may not outlive it. */
    readonly notAfter: EpochSeconds | null;
    readonly jti: string;
    readonly now: EpochSeconds;
  },
): Verdict<JwtSvidClaims> => {
  const sub = fillSvidSubject(subject, data);
  if (!sub.ok) return sub;
  const custom: [string, JsonValue][] = [];
  const checks = [...checksOf(sub)];
  for (const { name, value } of claims) {
    if ('literal' in value) {
      custom.push([name, value.literal]);
      continue;
    }
    const filled = fillTyped(value.template, data, `svid.claims.${name}`);
    checks.push(...checksOf(filled));
    if (!filled.ok) return { ...filled, checks };
    custom.push([name, filled.value]);
  }
  const issuedAt = Math.floor(now);
  const expiresAt = Math.min(issuedAt + lifetimeMinutes * 60, Math.floor(notAfter ?? Infinity));
  if (expiresAt <= issuedAt)
    return refuse('expired', [
      ...checks,
      failed(
        'svid.lifetime',
        'at least 1 s',
        `${expiresAt - issuedAt} s`,
        'The account caps its tokens to the life of the presented one (capToSubjectExpiry), of which nothing is left.',
      ),
    ]);
  const ours = {
    iss: issuer,
    sub: sub.value,
    aud: [audience],
    iat: issuedAt,
    exp: expiresAt,
    jti,
  } as const;
  // First for the order in which they are read, last so that nothing overrides them (A76).
  const complete: JwtSvidClaims = { ...ours, ...Object.fromEntries(custom), ...ours };
  const bytes = new TextEncoder().encode(JSON.stringify(complete)).length;
  const expected = `at most ${maxClaimsBytes} bytes of claims`;
  return bytes <= maxClaimsBytes
    ? grant(complete, [...checks, passed('svid.size', expected, String(bytes))])
    : refuse('svid_too_large', [
        ...checks,
        failed('svid.size', expected, String(bytes), 'Leave out claims, or take members of them.'),
      ]);
};
