import type * as z from 'zod';
import {
  type ExplainedStory,
  type ExplainOrder,
  explainRequest,
  type ProposedAccount,
} from '../../admin/explain.ts';
import { refuseInput } from '../../admin/admin-problem.ts';
import type { explainBody, explainedResource } from '../../admin-api/explain.ts';
import type { JsonObject } from '../../core/json.ts';
import { ok, type Result } from '../../core/result.ts';
import { problem, type RegistrationProblem } from '../../core/trust/registration-problem.ts';
import { toAccountKeyRequest } from './account-keys.ts';
import { type AdminRoute, adminRoute } from './admin-route.ts';
import {
  candidatesToWire,
  explanationToWire,
  parametersToWire,
  presentedToWire,
} from './explanation-to-wire.ts';
import { toIso } from './wire-time.ts';

type Body = z.output<typeof explainBody>;

const sampleOf = ({ token, claims }: Body): Result<ExplainOrder['sample'], RegistrationProblem> => {
  if (token !== undefined && claims === undefined) return ok({ token });
  if (token === undefined && claims !== undefined)
    return ok({ claims: typeof claims === 'string' ? claims : (claims as JsonObject) });
  return { ok: false, error: problem('/token', 'Give a token, or the claims of one, and not both.') };
};

const proposedOf = ({ proposed }: Body): ProposedAccount | null => {
  if (proposed === undefined) return null;
  const { id = null, key, ...members } = proposed;
  const federations = members.federations.map((federation) => ({ ...federation, id: null }));
  return {
    id,
    request: { ...members, federations },
    key: key === undefined ? null : toAccountKeyRequest(key),
  };
};

const toWire = ({
  explained,
  explanation,
  candidates,
}: ExplainedStory): z.input<typeof explainedResource> => {
  const { reason, door, at, account, federation, error, granted, evidence, assumed } = explained;
  return {
    outcome: reason === 'issued' ? 'issued' : 'refused',
    reason,
    door,
    at: toIso(at),
    account,
    federation:
      federation === null
        ? null
        : {
            id: federation.id,
            issuer: federation.issuer,
            subject: federation.subject,
            subjectPattern: federation.subjectPattern,
            audience: federation.audience,
          },
    error:
      error === null
        ? null
        : {
            status: error.status,
            error: error.body.error,
            error_description: error.body.error_description,
          },
    granted:
      granted === null
        ? null
        : {
            scope: granted.scope,
            audience: granted.audience,
            expiresIn: granted.expires_in,
            tokenType: granted.token_type,
            issuedTokenType: granted.issued_token_type,
            header: { ...granted.header },
            claims: { ...granted.claims },
          },
    checks: [...evidence.checks()],
    candidates: candidatesToWire(candidates),
    explanation: explanationToWire(explanation),
    presented: presentedToWire(evidence.presented()),
    parameters: parametersToWire(evidence.parameters()),
    assumed: [...assumed],
  };
};

/** The route of `explain`. */
export const explainRoutes: readonly AdminRoute[] = [
  adminRoute('explain', async (deps, { actor, body }) => {
    const sample = sampleOf(body);
    if (!sample.ok) return refuseInput([sample.error]);
    const explained = await explainRequest(deps, actor, {
      sample: sample.value,
      clientId: body.clientId ?? null,
      parameters: Object.entries(body.parameters).flatMap(([name, value]) =>
        [value].flat().map((each) => [name, each] as const),
      ),
      at: body.at,
      proposed: proposedOf(body),
    });
    return explained.ok ? ok({ body: toWire(explained.value) }) : explained;
  }),
];
