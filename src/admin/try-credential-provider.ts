import type { ServiceAccount } from '../core/accounts/service-account.ts';
import { type Check, failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import type { CredentialProvider } from '../core/credential-providers/credential-provider.ts';
import { readyProvider, requireUsable } from '../core/credential-providers/ready-provider.ts';
import { type JsonObject, member } from '../core/json.ts';
import { ok, type Result } from '../core/result.ts';
import { type Tenant, tenantIssuer } from '../core/tenants/tenant.ts';
import { problem } from '../core/trust/registration-problem.ts';
import { type AuthenticatedAccount, authenticateToken } from '../token/authenticate-token.ts';
import { collectEvidence, type Evidence } from '../token/evidence.ts';
import { createLookingGuard } from '../token/explain-without-trace.ts';
import { consumeSingleUse } from '../token/single-uses.ts';
import { type DecodedSvid, trySvid } from '../token/try-svid.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, notFound, refuseInput } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';

/** What a credential provider is tried with: a token, or claims in its place, or neither as for an own-key assertion. */
export interface CredentialProviderSample {
  readonly token?: string | undefined;
  readonly claims?: JsonObject | undefined;
  /** The id of the account in whose name. */
  readonly serviceAccount?: string | undefined;
}

/** What issuing would do: each point, and what would be in the JWT-SVID, `null` where it would be refused. */
export interface CredentialProviderTrial {
  readonly ok: boolean;
  readonly checks: readonly Check[];
  readonly svid: DecodedSvid | null;
}

type Deps = Pick<AdminDependencies, 'storage' | 'svidTrials'>;
type Subject = Pick<AuthenticatedAccount, 'account' | 'claims' | 'subjectExpiresAt' | 'singleUse'>;

/**
 * Does with a sample what issuing does, and verifies what comes out against the published keys. A token is verified on
 * the path of the token endpoint, and used up nowhere; one that was used up before is refused as it would be there. Nothing is issued or changed, so there is no activity: like a GET.
 */
export const tryCredentialProvider = async (
  deps: Deps,
  actor: Actor,
  id: string,
  sample: CredentialProviderSample,
): Promise<Result<CredentialProviderTrial, AdminProblem>> => {
  const { storage, svidTrials } = deps;
  const [tenant, provider] = await Promise.all([
    storage.tenants.find(actor.account.tenant),
    storage.credentialProviders.find(actor.account.tenant, id),
  ]);
  if (tenant === null || provider === null) return notFound('credential provider');
  if (sample.token !== undefined && sample.claims !== undefined)
    return refuseInput([problem('/claims', 'Give a token or claims, and not both.')]);

  const evidence = collectEvidence();
  const named = await findNamed(deps, tenant, sample);
  if (!named.ok) return named;
  const subject =
    sample.token === undefined
      ? evidence.of(await assumeSubject(deps, provider, named.value, sample.claims ?? null))
      : await authenticateToken(svidTrials, evidence, tenant, {
          parameter: 'subject_token',
          token: sample.token,
          acceptsOwnKey: true,
          assertionType: null,
          clientId: sample.serviceAccount ?? null,
        });
  const svid = subject.ok ? await tryFor(deps, evidence, { tenant, provider, subject: subject.value }) : null;
  const checks = evidence.checks();
  return ok({ ok: svid !== null && checks.every((check) => check.ok), checks, svid });
};

const tryFor = async (
  { storage, svidTrials }: Deps,
  evidence: Evidence,
  { tenant, provider, subject }: { tenant: Tenant; provider: CredentialProvider; subject: Subject },
): Promise<DecodedSvid | null> => {
  const bound = evidence.of(checkBound(provider, subject.account));
  if (!bound.ok) return null;
  evidence.of(
    noteNamesakes(await storage.credentialProviders.ofAccount(tenant.name, subject.account.id), provider),
  );
  const ready = readyProvider(provider, new Set(Object.keys(svidTrials.templateEnvironment)));
  const usable = evidence.of(requireUsable(ready, tenant.settings.trustDomain));
  if (!usable.ok) return null;
  const issuer = tenantIssuer(svidTrials.baseIssuer, tenant.name);
  const svid = await trySvid(svidTrials, evidence, {
    ...usable.value,
    ...subject,
    tenant: tenant.name,
    issuer,
  });
  if (svid === null) return null;
  const looking = createLookingGuard(svidTrials.replayGuard);
  return evidence.of(await consumeSingleUse(looking, tenant.name, subject)).ok ? svid : null;
};

/** Other providers of the account for this audience; a request that names the provider is good all the same (A80). */
const noteNamesakes = (
  bound: readonly CredentialProvider[],
  { id, audience }: CredentialProvider,
): Verdict<void> => {
  const others = bound.filter((each) => each.id !== id && each.audience === audience);
  const check = passed(
    'request.audience',
    'no other credential provider of the account for this audience',
    others.length === 0
      ? 'none'
      : others
          .slice(0, 5)
          .map(({ name }) => present(name))
          .join(', '),
  );
  const hint =
    'Asked for by the audience alone this provider is ambiguous, and refused. Name it in credential_provider, or give it an audience of its own.';
  return grant(undefined, [others.length === 0 ? check : { ...check, hint }]);
};

/** The account that is named in the body; one that does not exist is a mistake of the request. */
const findNamed = async (
  { storage }: Deps,
  tenant: Tenant,
  { serviceAccount }: CredentialProviderSample,
): Promise<Result<ServiceAccount | null, AdminProblem>> => {
  if (serviceAccount === undefined) return ok(null);
  const account = await storage.serviceAccounts.find(tenant.name, serviceAccount);
  return account === null
    ? refuseInput([problem('/serviceAccount', 'There is no such service account in this tenant.')])
    : ok(account);
};

/** The account that is named, else the first the provider is bound to, with claims nobody verified. */
const assumeSubject = async (
  { storage }: Deps,
  provider: CredentialProvider,
  named: ServiceAccount | null,
  claims: JsonObject | null,
): Promise<Verdict<Subject>> => {
  const [first] = provider.serviceAccounts;
  const account =
    named ?? (first === undefined ? null : await storage.serviceAccounts.find(provider.tenant, first));
  if (account === null)
    return refuse('account_unknown', [
      failed('account', 'a service account', 'none', 'Bind the provider to an account, or name one here.'),
    ]);
  if (account.status === 'disabled')
    return refuse('account_disabled', [
      failed('account.status', 'enabled', 'disabled', 'An administrator disabled this account.'),
    ]);
  const shown = claims === null ? 'none, as with a key of its own' : 'given, and verified by nobody';
  const exp = claims === null ? undefined : member(claims, 'exp');
  const subjectExpiresAt = typeof exp === 'number' ? exp : null;
  return grant({ account, claims, subjectExpiresAt, singleUse: null }, [
    passed('account', 'a service account', account.id),
    passed('sample.claims', 'claims of a third-party token', shown),
  ]);
};

const checkBound = ({ serviceAccounts }: CredentialProvider, { id }: ServiceAccount): Verdict<void> => {
  const check = 'request.credential_provider';
  const expected = 'a credential provider that the account is bound to';
  return serviceAccounts.includes(id)
    ? grant(undefined, [passed(check, expected, id)])
    : refuse('credential_provider_unknown', [
        failed(check, expected, id, 'Add the account to serviceAccounts of the provider.'),
      ]);
};
