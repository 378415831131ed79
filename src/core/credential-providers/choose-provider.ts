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

const check = 'request.credential_provider';
const expectedProvider = 'a credential provider that the account is bound to';

/**
 * The one provider of an account that a request means: by its name, or by the audience (A80, SV-12).
 *
 * @param bound those the account is bound to
 * @returns refused with `credential_provider_unknown`, `credential_provider_ambiguous`, `target_not_allowed`
 */
export const chooseProvider = <
  P extends { readonly provider: Pick<CredentialProvider, 'name' | 'audience'> },
>(
  bound: readonly P[],
  { provider, audience }: SvidTarget,
): Verdict<P> => {
  const hint = `Bound to the account: ${listOf(bound)}.`;
  const named = provider === null ? bound : bound.filter((each) => each.provider.name === provider);
  if (provider !== null && named.length === 0)
    return refuse('credential_provider_unknown', [failed(check, expectedProvider, present(provider), hint)]);
  const fitting = audience === null ? named : named.filter((each) => each.provider.audience === audience);
  const [only, ...others] = fitting;
  if (only === undefined)
    return refuse('target_not_allowed', [
      failed(
        'request.audience',
        'the audience of a credential provider of the account',
        present(audience ?? undefined),
        hint,
      ),
    ]);
  if (others.length > 0)
    return refuse('credential_provider_ambiguous', [
      failed(
        check,
        'one credential provider',
        'absent',
        `Several have this audience; name one in credential_provider. ${hint}`,
      ),
    ]);
  return grant(only, [passed(check, expectedProvider, present(only.provider.name))]);
};

/** The first few: an account may be bound to many. */
const listOf = (
  bound: readonly { readonly provider: Pick<CredentialProvider, 'name' | 'audience'> }[],
): string => {
  const shown = bound.slice(0, 5).map(({ provider }) => `${present(provider.name)} for ${provider.audience}`);
  const more = bound.length > shown.length ? ` and ${bound.length - shown.length} more` : '';
  return shown.length === 0 ? 'none' : `${shown.join(', ')}${more}`;
};
