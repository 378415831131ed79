import { failed, grant, passed, refuse, type Verdict } from '../activity/check.ts';
import { present } from '../activity/present.ts';
import type { CredentialProvider } from './credential-provider.ts';

/** What a request for a JWT-SVID names; `null` where it does not. */
export interface SvidTarget {
  /** `credential_provider`. */
  readonly provider: string | null;
  /** `audience`, or `resource`. */
  readonly audience: string | null;
}

/** The one provider of an account that a request means: by its name, or by the audience (A80, SV-12). */
export const chooseProvider = <P extends Pick<CredentialProvider, 'name' | 'audience'>>(
  bound: readonly P[],
  { provider, audience }: SvidTarget,
): Verdict<P> => {
  const check = 'request.credential_provider';
  const offered = bound.map(({ name, audience: its }) => `${name} for ${its}`).join(', ') || 'none';
  const hint = `Bound to the account: ${offered}.`;
  const named = provider === null ? bound : bound.filter(({ name }) => name === provider);
  if (provider !== null && named.length === 0)
    return refuse('credential_provider_unknown', [
      failed(check, 'a credential provider that the account is bound to', present(provider), hint),
    ]);
  const fitting = audience === null ? named : named.filter((each) => each.audience === audience);
  const [only, ...others] = fitting;
  if (only === undefined)
    return refuse('target_not_allowed', [
      failed('request.audience', 'the audience of a credential provider of the account', present(audience ?? undefined), hint),
    ]);
  if (others.length > 0)
    return refuse('credential_provider_ambiguous', [
      failed(check, 'one credential provider', 'absent', `Several have this audience; name one in credential_provider. ${hint}`),
    ]);
  return grant(only, [passed(check, 'a credential provider that the account is bound to', present(only.name))]);
};
