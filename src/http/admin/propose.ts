import type * as z from 'zod';
import { type AccountProposal, proposeAccount } from '../../admin/propose-account.ts';
import type { proposalResource } from '../../admin-api/propose.ts';
import type { JsonObject } from '../../core/json.ts';
import { ok } from '../../core/result.ts';
import { type AdminRoute, adminRoute } from './admin-route.ts';

type WireProposal = z.input<typeof proposalResource>;
type WireFederation = WireProposal['proposal']['federations'][number];

/** A proposal on the wire; of the federation only what it says, so that it reads like one made by hand. */
export const proposalToWire = ({
  account,
  federation,
  jwksUri,
  keys,
  preset,
  matching,
  ...rest
}: AccountProposal): WireProposal => ({
  proposal: {
    ...account,
    scopes: [...account.scopes],
    audiences: [...account.audiences],
    federations: [federationToWire(federation, jwksUri)],
  },
  trustedIssuer: { known: keys.id !== null, id: keys.id, jwksUri: keys.jwksUri, how: keys.how },
  verified: keys.verified,
  verification: keys.verification,
  preset: preset === null ? null : { name: preset.name, title: preset.title },
  matching: matching.map((account) => ({ ...account })),
  advice: [...rest.advice],
  warnings: rest.warnings.map((warning) => ({ ...warning })),
  notes: [...rest.notes],
});

const federationToWire = (
  { issuer, subject, subjectPattern, audience, conditions }: AccountProposal['federation'],
  jwksUri: string | null,
): WireFederation => ({
  issuer,
  ...(jwksUri === null ? {} : { jwksUri }),
  ...(subject === null ? {} : { subject }),
  ...(subjectPattern === null ? {} : { subjectPattern }),
  audience: audience ?? '',
  conditions: conditions.flatMap((condition) =>
    'equals' in condition ? [{ claim: condition.claim, equals: String(condition.equals) }] : [],
  ),
});

/** The route of proposals from a token. */
export const proposeRoutes: readonly AdminRoute[] = [
  adminRoute('proposeServiceAccount', async (deps, { actor, body }) => {
    const request = { ...body, claims: body.claims as JsonObject | undefined };
    const proposal = await proposeAccount(deps, actor, request);
    return proposal.ok ? ok({ body: proposalToWire(proposal.value) }) : proposal;
  }),
];
