import { buildBlocks } from '../core/blocks/blocks.ts';
import { ok, type Result } from '../core/result.ts';
import { problem } from '../core/trust/registration-problem.ts';
import { trustDomainIssuer, trustDomainOf } from '../core/trust/trust-domain.ts';
import type { TrustedIssuer } from '../core/trust/trusted-issuer.ts';
import type { KeyHealth } from '../ports/issuer-keys.ts';
import type { Page, PageRequest } from '../ports/page.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, notFound, refuse, refuseInput } from './admin-problem.ts';
import { changedMembers, changeTenant } from './change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { refuseShutIssuer, someoneMaySignIn } from './last-administrator.ts';
import { applyPatch, onlyDisables, type Patch } from './merge-patch.ts';
import { knownJwksUri, parseTrustedIssuer, type TrustedIssuerInput } from './register-trusted-issuer.ts';
import { requireCurrent, stale, type VersionCondition } from './version-condition.ts';

/** A trusted issuer with what is known of its keys. */
export interface TrustedIssuerWithHealth {
  readonly trustedIssuer: TrustedIssuer;
  readonly keyHealth: KeyHealth;
}

/** One page of the trusted issuers of the actor's tenant. */
export const listTrustedIssuers = (
  deps: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  page: PageRequest,
): Promise<Page<TrustedIssuer>> => deps.storage.trustedIssuers.list(actor.account.tenant, page);

/** The trusted issuer with this id and the health of its keys; nothing is fetched. */
export const getTrustedIssuer = async (
  deps: Pick<AdminDependencies, 'storage' | 'issuerKeys'>,
  actor: Actor,
  id: string,
): Promise<Result<TrustedIssuerWithHealth, AdminProblem>> => {
  const trustedIssuer = await deps.storage.trustedIssuers.find(actor.account.tenant, id);
  if (trustedIssuer === null) return notFound('trusted issuer');
  return ok({ trustedIssuer, keyHealth: deps.issuerKeys.health(trustedIssuer) });
};

/** Registers an issuer. One that is registered already with other keys is `issuer_conflict`, else `already_exists`. */
export const createTrustedIssuer = (
  deps: AdminDependencies,
  actor: Actor,
  input: TrustedIssuerInput,
): Promise<Result<TrustedIssuer, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const { tenant } = actor.account;
    const withKeys =
      input.jwks === null ? { ...input, jwksUri: input.jwksUri ?? knownJwksUri(deps, input.issuer) } : input;
    const parsed = parseTrustedIssuer(deps, tenant, withKeys);
    if (!parsed.ok) return refuseInput(parsed.error);
    const own = (await stores.tenants.find(tenant))?.settings.trustDomain ?? null;
    if (own !== null && parsed.value.issuer === trustDomainIssuer(own)) return refuseInput([ownTrustDomain]);
    const known = await stores.trustedIssuers.findByIssuer(tenant, parsed.value.issuer);
    if (known !== null) return refuseKnown(known, parsed.value.jwksUri);
    const now = deps.clock.now();
    const issuer: TrustedIssuer = {
      ...parsed.value,
      tenant,
      id: deps.newId(),
      createdAt: now,
      updatedAt: now,
      version: 1,
    };
    await stores.trustedIssuers.insert(issuer);
    return ok({
      value: issuer,
      activity: {
        type: 'trusted-issuer.create',
        reason: 'created',
        issuer: issuer.issuer,
        details: {
          trustedIssuer: issuer.id,
          [nameOfUri(issuer)]: issuer.jwksUri,
          pinned: issuer.jwks !== null,
        },
      },
    });
  });

const ownTrustDomain = problem(
  '/issuer',
  'This tenant issues the JWT-SVIDs of this trust domain itself, and its own tokens are never exchanged.',
);

const refuseKnown = (known: TrustedIssuer, jwksUri: string | null) =>
  known.jwksUri === jwksUri
    ? refuse('already_exists', `The issuer is registered already, as ${known.id}. Change that one.`)
    : refuse(
        'issuer_conflict',
        `The issuer is registered already, as ${known.id}, with keys from ${keySource(known)}. Change that one.`,
      );

/** Where the keys of an issuer come from, in words. */
export const keySource = (issuer: Pick<TrustedIssuer, 'jwks' | 'jwksUri'>): string =>
  issuer.jwks !== null ? 'a pinned JWK Set' : (issuer.jwksUri ?? 'discovery');

/** Changes a trusted issuer; its identifier stays, because federations and tokens name it. */
export const patchTrustedIssuer = async (
  deps: AdminDependencies,
  actor: Actor,
  id: string,
  condition: VersionCondition,
  patch: Patch<Omit<TrustedIssuerInput, 'issuer'>>,
  force: boolean,
): Promise<Result<TrustedIssuer, AdminProblem>> => {
  const result = await changeTenant<TrustedIssuer>(deps, actor, async (stores) => {
    const before = requireCurrent(
      'trusted issuer',
      await stores.trustedIssuers.find(actor.account.tenant, id),
      condition,
    );
    if (!before.ok) return before;
    const parsed = onlyDisables(patch)
      ? ok({ ...before.value, status: 'disabled' as const })
      : parseTrustedIssuer(
          deps,
          actor.account.tenant,
          applyPatch<TrustedIssuerInput>(inputOf(before.value), patch),
        );
    if (!parsed.ok) return refuseInput(parsed.error);
    const after: TrustedIssuer = {
      ...before.value,
      ...parsed.value,
      updatedAt: deps.clock.now(),
      version: before.value.version + 1,
    };
    const { tenant } = actor.account;
    const now = deps.clock.now();
    const ableBefore = await someoneMaySignIn(stores, tenant, now);
    if (!(await stores.trustedIssuers.update(after))) return stale();
    const shut = await refuseShutIssuer(stores, tenant, ableBefore, { now, force });
    if (!shut.ok) return shut;
    return ok({
      value: after,
      activity: {
        type: 'trusted-issuer.change',
        reason: 'changed',
        issuer: after.issuer,
        details: { trustedIssuer: id, members: changedMembersOf(before.value, after) },
      },
    });
  });
  return result;
};

/** Removes a trusted issuer that no federation names. */
export const deleteTrustedIssuer = async (
  deps: AdminDependencies,
  actor: Actor,
  id: string,
  condition: VersionCondition,
): Promise<Result<void, AdminProblem>> => {
  const result = await changeTenant<void>(deps, actor, async (stores) => {
    const { tenant } = actor.account;
    const before = requireCurrent(
      'trusted issuer',
      await stores.trustedIssuers.find(actor.account.tenant, id),
      condition,
    );
    if (!before.ok) return before;
    const users = await stores.serviceAccounts.findByIssuer(tenant, before.value.issuer, maxCountedUsers);
    if (users.length > 0) {
      return refuse('in_use', `Federations of ${namesOf(users)} name this issuer. Remove them first.`);
    }
    if (!(await stores.trustedIssuers.remove(tenant, id, before.value.version))) return stale();
    return ok({
      value: undefined,
      activity: {
        type: 'trusted-issuer.delete',
        reason: 'deleted',
        issuer: before.value.issuer,
        details: { trustedIssuer: id },
      },
    });
  });
  if (result.ok) deps.issuerKeys.forget(actor.account.tenant, id);
  return result;
};

/**
 * Fetches the keys of an issuer now and says how it went; a fetch that failed is an answer, not a refusal. A blocked issuer
 * is asked for nothing, by administrators neither (A46).
 */
export const refreshTrustedIssuer = async (
  deps: Pick<AdminDependencies, 'storage' | 'issuerKeys'>,
  actor: Actor,
  id: string,
): Promise<Result<KeyHealth, AdminProblem>> => {
  const trustedIssuer = await deps.storage.trustedIssuers.find(actor.account.tenant, id);
  if (trustedIssuer === null) return notFound('trusted issuer');
  const block = buildBlocks(await deps.storage.blocks.allOf(trustedIssuer.tenant)).issuer(
    trustedIssuer.issuer,
  );
  return block === null
    ? ok(await deps.issuerKeys.refresh(trustedIssuer))
    : refuse('issuer_blocked', `A blocked issuer is asked for nothing. Remove the block ${block.id} first.`);
};

const changeableMembers = [
  'jwksUri',
  'jwks',
  'algorithms',
  'allowAccessTokenType',
  'replay',
  'staleIfErrorSeconds',
  'caCertificates',
  'status',
] as const satisfies readonly (keyof TrustedIssuer)[];

const changedMembersOf = (before: TrustedIssuer, after: TrustedIssuer): readonly string[] =>
  changedMembers(before, after, changeableMembers).map((name) =>
    name === 'jwksUri' ? nameOfUri(after) : name,
  );

/** What the address of the keys is called: that of a trust domain is the one of its bundle endpoint. */
const nameOfUri = ({ issuer }: Pick<TrustedIssuer, 'issuer'>): 'jwksUri' | 'bundleEndpointUrl' =>
  trustDomainOf(issuer) === null ? 'jwksUri' : 'bundleEndpointUrl';

/** The members that say where the keys of an issuer come from, as they were asked for. */
export const keySourceOf = (
  issuer: Pick<TrustedIssuer, 'issuer' | 'jwksUri'>,
): Pick<TrustedIssuerInput, 'jwksUri' | 'bundleEndpointUrl' | 'bundleEndpointProfile'> =>
  nameOfUri(issuer) === 'jwksUri'
    ? { jwksUri: issuer.jwksUri, bundleEndpointUrl: null, bundleEndpointProfile: null }
    : {
        jwksUri: null,
        bundleEndpointUrl: issuer.jwksUri,
        bundleEndpointProfile: issuer.jwksUri === null ? null : 'https_web',
      };

const inputOf = (issuer: TrustedIssuer): TrustedIssuerInput => ({
  ...issuer,
  ...keySourceOf(issuer),
  jwks: issuer.jwks === null ? null : { keys: issuer.jwks.keys.map((jwk) => ({ ...jwk })) },
});

/** So many accounts are counted that stand in the way of a removal. */
const maxCountedUsers = 100;

const namesOf = (accounts: readonly { readonly name: string }[]): string => {
  const names = accounts.slice(0, 3).map(({ name }) => JSON.stringify(name));
  return accounts.length > names.length
    ? `${names.join(', ')} and ${accounts.length < maxCountedUsers ? '' : 'at least '}${accounts.length - names.length} more accounts`
    : names.join(', ');
};
