import { failed, grant, refuse, type Verdict } from '../activity/check.ts';
import { present } from '../activity/present.ts';
import { fail, type Result } from '../result.ts';
import type { CredentialProvider } from './credential-provider.ts';
import { type CompiledProvider, parseCredentialProvider } from './parse-credential-provider.ts';

/** A stored credential provider, read once; or why this process cannot use it. */
export interface ReadyProvider {
  readonly provider: CredentialProvider;
  readonly compiled: Result<CompiledProvider, string>;
}

/** One that can be used. */
export interface UsableProvider {
  readonly provider: CredentialProvider;
  readonly compiled: CompiledProvider;
}

/** Reads what was saved. It was good then; what the operator lets templates see may be less since. */
export const readyProvider = (
  provider: CredentialProvider,
  environmentNames: ReadonlySet<string>,
): ReadyProvider => {
  const compiled = parseCredentialProvider(provider, {
    trustDomain: null,
    environmentNames,
    accounts: new Set(provider.serviceAccounts),
  });
  if (compiled.ok) return { provider, compiled };
  const [first] = compiled.error;
  return { provider, compiled: fail(`${first?.path}: ${first?.message}`) };
};

/**
 * Refuses a provider that cannot be read any more, and one for a trust domain that is not the tenant's (SV-11, A81): the
 * account's other requests go on.
 *
 * @param trustDomain of the tenant; `null`: it has none
 */
export const requireUsable = (
  { provider, compiled }: ReadyProvider,
  trustDomain: string | null,
): Verdict<UsableProvider> => {
  const check = 'request.credential_provider';
  if (!compiled.ok)
    return refuse('credential_provider_unusable', [
      failed(check, 'a credential provider that can be used', present(provider.name), compiled.error),
    ]);
  if (compiled.value.subject.trustDomain !== trustDomain)
    return refuse('credential_provider_unusable', [
      failed(
        check,
        `a credential provider for the trust domain of the tenant, ${trustDomain ?? 'which has none'}`,
        compiled.value.subject.trustDomain,
        'Save the provider with a subject of that trust domain.',
      ),
    ]);
  return grant({ provider, compiled: compiled.value });
};
