import { type CompactJws, parseCompactJws } from '../core/jwt/compact-form.ts';
import { present } from '../core/activity/present.ts';
import type { Block } from '../core/blocks/block.ts';
import { type Blocks, buildBlocks } from '../core/blocks/blocks.ts';
import { describeBlock } from '../core/blocks/check-blocks.ts';
import { checkHeader } from '../core/jwt/check-header.ts';
import type { JsonObject } from '../core/json.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type Tenant, tenantIssuer } from '../core/tenants/tenant.ts';
import { lintFederations } from '../core/trust/lint/lint-federations.ts';
import { type RegistrationWarning, warningsBelow } from '../core/trust/lint/warning.ts';
import { findPreset, type IssuerPreset, recognisePreset } from '../core/trust/preset.ts';
import { lintSampleLifetime } from '../core/trust/propose/lifetime-warnings.ts';
import { proposeFederation } from '../core/trust/propose/propose-federation.ts';
import { readSampleClaims, type SampleClaims } from '../core/trust/propose/sample-claims.ts';
import type { FederationInput } from '../core/trust/registration.ts';
import { problem } from '../core/trust/registration-problem.ts';
import type { TrustedIssuer } from '../core/trust/trusted-issuer.ts';
import { decideRegistered } from '../token/registered-federations.ts';
import { thirdPartyHeader } from '../token/verify-third-party-token.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, notFound, refuseInput } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';
import { accountsSharing } from './lint-account.ts';
import { type KnownMembers, type ProposedMembers, proposeMembers } from './propose-members.ts';
import { trustedIssuerDefaults } from './register-trusted-issuer.ts';
import { findSampleIssuer } from './sample-issuer.ts';
import { createRehearsal } from './rehearse.ts';
import { createServiceAccount } from './service-accounts.ts';
import { findSampleKeys, type SampleKeys } from './sample-keys.ts';
import { checksOf } from '../core/activity/check.ts';

/** What a registration is proposed for: a token of the workload, or its claims; and what is known of the account already. */
export interface ProposalRequest extends KnownMembers {
  readonly token?: string | undefined;
  readonly claims?: JsonObject | undefined;
}

/** A registration that is ready to be made, with everything to know before that. */
export interface AccountProposal {
  readonly account: ProposedMembers;
  readonly federation: FederationInput;
  /** For the federation; `null` where the issuer is registered, or the place was not found. */
  readonly jwksUri: string | null;
  readonly keys: SampleKeys;
  readonly preset: IssuerPreset | null;
  readonly advice: readonly string[];
  readonly warnings: readonly RegistrationWarning[];
  readonly notes: readonly string[];
  /** Accounts with a federation that covers the subject already. */
  readonly matching: readonly { readonly id: string; readonly name: string; readonly accepts: boolean }[];
}

/**
 * Makes a registration out of a token (contract §5 `service-accounts`). Nothing is stored, logged or recorded: like a GET,
 * but for the keys it may fetch. Refused is only what cannot be read, and what we issued ourselves.
 */
export const proposeAccount = async (
  deps: AdminDependencies,
  actor: Actor,
  request: ProposalRequest,
): Promise<Result<AccountProposal, AdminProblem>> => {
  const tenant = await deps.storage.tenants.find(actor.account.tenant);
  if (tenant === null) return notFound('tenant');
  const sample = readSample(request);
  if (!sample.ok) return refuseInput([problem(sample.error.path, sample.error.message)]);
  const { path, jws, claims } = sample.value;
  const read = readSampleClaims(claims);
  if (!read.ok) return refuseInput([problem(path, read.error)]);
  const issuer = await findSampleIssuer(deps, tenant, claims);
  if (!issuer.ok) return refuseInput([problem(path, issuer.error)]);

  const { name, known } = issuer.value;
  const preset = recognisePreset(deps.presets, name, [claims]);
  const blocks = buildBlocks(await deps.storage.blocks.allOf(tenant.name));
  const closed = describeClosed(blocks.issuer(name), known);
  const keys = await findSampleKeys(
    deps,
    tenant.name,
    { name, known, preset: findPreset(deps.presets, name), closed },
    jws,
  );
  const ownIssuer = tenantIssuer(deps.baseIssuer, tenant.name);
  const { federation, notes, advice } = proposeFederation(read.value, {
    issuer: name,
    preset,
    presets: deps.presets,
    ownIssuer,
  });
  const matching = await findMatching(deps, tenant, name, read.value);
  const account = await proposeMembers(deps.storage, tenant.name, read.value.subject, request);
  const jwksUri = known === null ? keys.jwksUri : null;
  return ok({
    account,
    federation,
    jwksUri,
    keys,
    preset,
    advice: [...advice, ...(preset?.advice ?? [])],
    warnings: await lintProposal(deps, tenant, federation, read.value, preset),
    notes: [
      ...notes,
      ...(jws === null ? [] : describeHeaderProblems(jws, known)),
      ...(await describeProblems(deps, actor, { account, federation, jwksUri })),
      ...(closed === null ? [] : [closed]),
      ...describeBlocks(blocks, name, read.value, jws, matching),
    ],
    matching,
  });
};

const readSample = ({
  token,
  claims,
}: ProposalRequest): Result<
  { readonly path: string; readonly jws: CompactJws | null; readonly claims: JsonObject },
  { readonly path: string; readonly message: string }
> => {
  if ((token === undefined) === (claims === undefined))
    return fail({ path: '/token', message: 'Give a token or its claims, one of the two.' });
  if (claims !== undefined) return ok({ path: '/claims', jws: null, claims });
  const jws = parseCompactJws((token ?? '').trim());
  if (jws.ok) return ok({ path: '/token', jws: jws.value, claims: jws.value.claims });
  const defect = jws.checks.findLast((check) => !check.ok);
  return fail({
    path: '/token',
    message:
      defect?.hint ??
      `This is no token that can be exchanged: ${defect?.expected ?? 'a signed JWT'} is needed.`,
  });
};

/** Nobody has to know by heart which accounts there are. */
const findMatching = async (
  { svidTrials }: Pick<AdminDependencies, 'svidTrials'>,
  tenant: Tenant,
  issuer: string,
  { subject, audiences, claims }: SampleClaims,
): Promise<AccountProposal['matching']> => {
  const entry = await svidTrials.directory.issuer(tenant.name, issuer);
  if (entry === null) return [];
  const token = { issuer, subject, audiences, claims, issuedAt: null, expiresAt: 0, jti: null };
  const decision = await decideRegistered(entry.federations, token, null);
  const accepting = decision.ok ? decision.value.account.id : null;
  const covering = (await entry.federations.covering(subject)).covering(subject);
  const accounts = covering.map(({ account }) => account);
  return [
    ...new Map(accounts.map(({ id, name }) => [id, { id, name, accepts: id === accepting }])).values(),
  ].slice(0, maxMatching);
};

const maxMatching = 20;

const lintProposal = async (
  deps: Pick<AdminDependencies, 'storage' | 'presets'>,
  tenant: Tenant,
  federation: FederationInput,
  { lifetimeSeconds }: SampleClaims,
  preset: IssuerPreset | null,
): Promise<readonly RegistrationWarning[]> => {
  const drafts = [{ ...federation, id: '', audience: federation.audience ?? '' }];
  const others = await accountsSharing(deps.storage, tenant.name, drafts, null);
  const ofSample = warningsBelow('/federations/0/issuer', lintSampleLifetime(lifetimeSeconds, preset));
  const ofFederation = lintFederations(drafts, { presets: deps.presets, others });
  return [
    ...ofSample,
    // What the sample shows is said more exactly than what is known of its platform.
    ...ofFederation.filter(({ code }) => ofSample.length === 0 || code !== 'lifetime_near_limit'),
  ];
};

/** What the trusted issuer has to be told before such tokens are accepted, or the platform. */
const describeHeaderProblems = (jws: CompactJws, known: TrustedIssuer | null): readonly string[] => {
  const header = checkHeader(jws.header, thirdPartyHeader(known ?? trustedIssuerDefaults));
  return checksOf(header).flatMap(({ ok: isGood, check, expected, presented, hint = '' }) =>
    isGood ? [] : [`As it is, the token is refused for its ${check}: ${presented}, not ${expected}. ${hint}`],
  );
};

/** Why nobody asks the issuer of the sample; `null` where nothing stands against it. */
const describeClosed = (block: Block | null, known: TrustedIssuer | null): string | null => {
  if (block !== null)
    return `The issuer is blocked, and nothing is asked of it: ${describeBlock(block).hint ?? ''}`;
  return known?.status === 'disabled' ? 'The trusted issuer is disabled. Enable it first.' : null;
};

/** What a kill switch would go on refusing, whatever is registered. */
const describeBlocks = (
  blocks: Blocks,
  issuer: string,
  { subject }: SampleClaims,
  jws: CompactJws | null,
  matching: AccountProposal['matching'],
): readonly string[] =>
  [
    blocks.subject(issuer, subject),
    typeof jws?.header['kid'] === 'string' ? blocks.key(issuer, [jws.header['kid']]) : null,
    ...matching.map(({ id }) => blocks.account(id)),
  ].flatMap((block) =>
    block === null
      ? []
      : [
          `Such a token stays refused, for ${present(block.name)} is blocked: ${describeBlock(block).hint ?? ''}`,
        ],
  );

/** What a create would refuse about it, found by trying one that leaves nothing behind. */
const describeProblems = async (
  deps: AdminDependencies,
  actor: Actor,
  { account, federation, jwksUri }: Pick<AccountProposal, 'account' | 'federation' | 'jwksUri'>,
): Promise<readonly string[]> => {
  const rehearsal = createRehearsal(deps);
  const request = {
    ...account,
    role: null,
    status: 'enabled',
    accessTokenAlgorithm: null,
    capToSubjectExpiry: false,
    federations: [{ ...federation, id: null, jwksUri }],
  } as const;
  try {
    const tried = await createServiceAccount(rehearsal.deps, actor, request, null);
    if (tried.ok) return [];
    const { errors, detail } = tried.error;
    return errors === undefined
      ? [`As it is, a create is refused: ${detail}`]
      : errors.map(({ path, message }) => `As it is, ${path} is refused: ${message}`);
  } finally {
    for (const { id } of rehearsal.newIssuers) deps.issuerKeys.forget(actor.account.tenant, id);
  }
};
