import { type AccountKey, isUsableKey } from '../core/accounts/account-key.ts';
import type { ServiceAccount } from '../core/accounts/service-account.ts';
import type { Blocks } from '../core/blocks/blocks.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { Federation } from '../core/trust/federation.ts';
import { buildPatternPrefixes, groupsCovering } from '../core/trust/federation-group.ts';
import { compilePattern } from '../core/trust/pattern.ts';
import type { Stores } from '../ports/stores.ts';

/** An account as far as it matters for who administers a tenant. */
export interface AdministratorState {
  readonly account: Pick<ServiceAccount, 'id' | 'tenant' | 'role' | 'status' | 'federations'>;
  readonly keys: readonly Pick<AccountKey, 'status' | 'expiresAt'>[];
}

/** What finding administrators reads. */
export type AdministratorStores = Pick<Stores, 'serviceAccounts' | 'trustedIssuers' | 'accountKeys'>;

/** Whether the account is an administrator that is neither disabled nor blocked. */
export const isAdministrator = ({ account }: Pick<AdministratorState, 'account'>, blocks: Blocks): boolean =>
  account.role === 'administrator' && account.status === 'enabled' && blocks.account(account.id) === null;

/**
 * Whether an administrator has something to sign in with: a usable key, or a federation that is not blocked, on an issuer
 * that is neither disabled nor blocked, for a subject that is not, whose tokens no blocked federation covers. Whether that
 * issuer answers is beyond us.
 */
export const mayAdminister = async (
  { trustedIssuers, serviceAccounts }: AdministratorStores,
  state: AdministratorState,
  blocks: Blocks,
  now: EpochMilliseconds,
): Promise<boolean> => {
  if (!isAdministrator(state, blocks)) return false;
  const { account, keys } = state;
  if (keys.some((key) => isUsableKey(key, now))) return true;
  const open = account.federations.filter(
    ({ id, issuer, subject }) =>
      blocks.federation(id) === null &&
      blocks.issuer(issuer) === null &&
      (subject === null || blocks.subject(issuer, subject) === null),
  );
  for (const issuer of new Set(open.map((federation) => federation.issuer))) {
    if ((await trustedIssuers.findByIssuer(account.tenant, issuer))?.status === 'disabled') continue;
    if (!blocks.barCandidates) return true;
    const outline = await serviceAccounts.outlineOf(account.tenant, issuer);
    const prefixes = buildPatternPrefixes(outline.prefixes);
    for (const way of open.filter((each) => each.issuer === issuer)) {
      const groups = groupsCovering(account.tenant, issuer, textOf(way), prefixes);
      const holders = [...outline.unplaced, ...(await serviceAccounts.findByGroups(groups)).flat()];
      const barring = holders.flatMap(({ id, federations }) =>
        federations.filter((each) => blocks.account(id) !== null || blocks.federation(each.id) !== null),
      );
      if (!barring.some((each) => bars(each, way))) return true;
    }
  }
  return false;
};

const textOf = ({ subject, subjectPattern }: Federation): string => subject ?? subjectPattern ?? '';

/**
 * Whether a blocked federation may refuse what comes by `way`, as `decideTrust` would. Conditions are left out: rather one
 * way in too few than an administrator who finds the last one shut.
 */
const bars = (blocked: Federation, way: Federation): boolean => {
  if (blocked.issuer !== way.issuer || blocked.audience !== way.audience) return false;
  const tokens = textOf(way);
  if (blocked.subjectPattern === null) return blocked.subject === tokens;
  const pattern = compilePattern(blocked.subjectPattern);
  return blocked.subjectPattern === tokens || (pattern.ok && pattern.value(tokens));
};

/**
 * Whether the tenant has an administrator beside `exceptId` that is neither disabled nor blocked; where `ableAt` is given,
 * one that could sign in then.
 */
export const hasAdministrator = async (
  stores: AdministratorStores,
  tenant: string,
  blocks: Blocks,
  {
    exceptId = null,
    ableAt = null,
  }: { readonly exceptId?: string | null; readonly ableAt?: EpochMilliseconds | null },
): Promise<boolean> => {
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof stores.serviceAccounts.list>> = await stores.serviceAccounts.list(
      tenant,
      { role: 'administrator', status: 'enabled' },
      { limit: 200, cursor },
    );
    for (const account of page.items) {
      if (account.id === exceptId || !isAdministrator({ account }, blocks)) continue;
      if (ableAt === null) return true;
      const keys = await stores.accountKeys.listOf(tenant, account.id);
      if (await mayAdminister(stores, { account, keys }, blocks, ableAt)) return true;
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return false;
};
