import type { Check } from '../core/activity/check.ts';
import type { Explanation } from '../core/activity/explain-refusal.ts';
import { type CandidateChecks, groupCandidates } from '../core/activity/group-candidates.ts';
import { ok, type Result } from '../core/result.ts';
import { below, problem } from '../core/trust/registration-problem.ts';
import { type Explained, explainTokenRequest, type SampleRequest } from '../token/explain.ts';
import { type ProposedRegistration, withProposed } from '../token/explain-proposed.ts';
import { explainIn } from './activities.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, refuseInput } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';
import type { AccountKeyRequest } from './prepare-account-key.ts';
import { createRehearsal } from './rehearse.ts';
import {
  createServiceAccount,
  patchServiceAccount,
  type ServiceAccountRequest,
  type ServiceAccountView,
} from './service-accounts.ts';

/** A service account that is not saved. */
export interface ProposedAccount {
  /** The account it would replace; `null` for a new one. */
  readonly id: string | null;
  readonly request: ServiceAccountRequest;
  readonly key: AccountKeyRequest | null;
}

/** What is to be explained, against what is registered or with a registration that is not saved. */
export interface ExplainOrder extends Omit<SampleRequest, 'tenant'> {
  readonly proposed: ProposedAccount | null;
}

/** What the token endpoint would do, with what follows from it. */
export interface ExplainedStory {
  readonly explained: Explained;
  /** `null` where a token would be issued. */
  readonly explanation: Explanation | null;
  /** The federations the token was held against, the nearest first. */
  readonly candidates: readonly CandidateChecks[];
}

/**
 * What the token endpoint of the actor's tenant would do with a request, and why (contract §5). Nothing is issued, used up
 * or changed, so there is no activity: like a GET.
 */
export const explainRequest = async (
  deps: AdminDependencies,
  actor: Actor,
  { proposed, ...sample }: ExplainOrder,
): Promise<Result<ExplainedStory, AdminProblem>> => {
  const { tenant } = actor.account;
  const registration = proposed === null ? ok(null) : await rehearse(deps, actor, proposed);
  if (!registration.ok) return registration;
  const { explanations } = deps;
  const directory =
    registration.value === null
      ? explanations.directory
      : withProposed(explanations.directory, registration.value);
  try {
    const explained = await explainTokenRequest({ ...explanations, directory }, { ...sample, tenant });
    return explained.ok ? ok(await tell(deps, tenant, explained.value)) : refuseInput([explained.error]);
  } finally {
    for (const { id } of registration.value?.newIssuers ?? []) deps.issuerKeys.forget(tenant, id);
  }
};

const tell = async (
  deps: AdminDependencies,
  tenant: string,
  explained: Explained,
): Promise<ExplainedStory> => {
  const { reason, account, evidence, candidateChecks } = explained;
  const { issuer = null, subject = null, audience = null } = evidence.seen();
  const refusal = {
    reason,
    issuer,
    subject,
    audience,
    account,
    checks: withoutOthers(evidence.checks()),
    presented: evidence.presented(),
    parameters: evidence.parameters(),
  };
  return {
    explained,
    explanation: await explainIn(deps, tenant, refusal),
    candidates: groupCandidates(candidateChecks),
  };
};

/** Where one candidate matches, what the others lack is no cause of a refusal. */
const withoutOthers = (checks: readonly Check[]): readonly Check[] => {
  const candidates = groupCandidates(checks);
  if (!candidates.some(({ matches }) => matches)) return checks;
  const others = new Set(candidates.filter(({ matches }) => !matches).flatMap((other) => other.checks));
  return checks.filter((check) => !others.has(check));
};

/** Does with a proposed account all that saving it would do, and saves nothing. */
const rehearse = async (
  deps: AdminDependencies,
  actor: Actor,
  proposed: ProposedAccount,
): Promise<Result<ProposedRegistration, AdminProblem>> => {
  const rehearsal = createRehearsal(deps);
  const saved = await save(rehearsal.deps, actor, proposed);
  if (saved.ok) return ok({ account: saved.value.account, newIssuers: rehearsal.newIssuers });
  const { errors } = saved.error;
  return errors === undefined
    ? saved
    : { ok: false, error: { ...saved.error, errors: below('/proposed', errors) } };
};

const save = async (
  deps: AdminDependencies,
  actor: Actor,
  { id, request, key }: ProposedAccount,
): Promise<Result<ServiceAccountView, AdminProblem>> => {
  if (id === null) {
    // Nothing can be signed yet with a pair that would be made: making one would only cost.
    const firstKey = key === null || 'generate' in key ? null : key;
    return createServiceAccount(deps, actor, request, firstKey);
  }
  if (key !== null)
    return refuseInput([
      problem('/key', 'An account that exists is given keys by themselves. Leave this out.'),
    ]);
  return patchServiceAccount(deps, actor, id, 'any', request, false);
};
