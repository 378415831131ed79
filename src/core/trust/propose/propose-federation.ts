import { findClaim } from '../conditions/claim.ts';
import type { Condition } from '../federation.ts';
import { adviseAudience, type IssuerPreset } from '../preset.ts';
import { refuseAudience } from '../registration-audience.ts';
import type { FederationInput } from '../registration.ts';
import type { SampleClaims } from './sample-claims.ts';

/** A federation that would take the sample, as far as that can be, and what to know about it. */
export interface FederationProposal {
  readonly federation: FederationInput;
  /** Sentences on what was chosen and why. */
  readonly notes: readonly string[];
  /** Sentences on what the workload has to do differently. */
  readonly advice: readonly string[];
}

/** What a proposal depends on beside the sample. */
export interface ProposalWorld {
  /** Who vouches for the sample: its `iss`, or the trust domain of its `sub`. */
  readonly issuer: string;
  /** Of that issuer. */
  readonly preset: IssuerPreset | null;
  readonly presets: readonly IssuerPreset[];
  /** The issuer identifier of the tenant, for want of a better audience. */
  readonly ownIssuer: string;
}

/** The federation that a token suggests: as narrow as its platform allows, by ids rather than names. Pure. */
export const proposeFederation = (sample: SampleClaims, world: ProposalWorld): FederationProposal => {
  const subject = proposeSubject(sample.subject, world.preset);
  const audience = proposeAudience(sample.audiences, world);
  const conditions = proposeConditions(sample, world.preset);
  return {
    federation: {
      issuer: world.issuer,
      subject: subject.pattern === null ? sample.subject : null,
      subjectPattern: subject.pattern,
      audience: audience.audience,
      conditions: conditions.conditions,
      cel: null,
      allowAdditionalAudiences: false,
    },
    notes: [...subject.notes, ...conditions.notes],
    advice: audience.advice,
  };
};

/** The subject verbatim; where the platform changes its end with every token, the part that stays and a star. */
const proposeSubject = (subject: string, preset: IssuerPreset | null) => {
  const kept = preset?.subjectVariesAfter ?? null;
  const stem = kept === null ? null : firstSegments(subject, kept);
  return stem === null
    ? { pattern: null, notes: [] }
    : {
        pattern: `${stem}*`,
        notes: [
          'The end of the subject changes with every token of this platform, so a pattern is proposed; the exact subject would match once.',
        ],
      };
};

/** The first `count` segments of a subject with the separator after them; `null` where it has no more than those. */
const firstSegments = (subject: string, count: number): string | null => {
  const ends = [...subject.matchAll(/[:/]/g)].map(({ index }) => index + 1);
  const end = ends[count - 1];
  return end === undefined || end === subject.length ? null : subject.slice(0, end);
};

const proposeAudience = (
  audiences: readonly string[],
  { preset, presets, ownIssuer }: ProposalWorld,
): { readonly audience: string; readonly advice: readonly string[] } => {
  const refusals = audiences.map((audience) => refuseAudience(audience, presets, ownIssuer));
  const good = audiences.filter((_, index) => refusals[index] === null);
  const audience = good.includes(ownIssuer) ? ownIssuer : (good[0] ?? ownIssuer);
  if (audiences.length === 1 && good.length === 1) return { audience, advice: [] };
  const refusal = refusals.find((each) => each !== null);
  const why =
    audiences.length > 1
      ? `The token names ${audiences.length} audiences, and whoever else it is for could replay it here: have the workload ask for ${audience} alone.`
      : (refusal ?? `The token has no audience: have the workload ask for ${audience}.`);
  const how = preset === null ? null : adviseAudience(preset, audience);
  return { audience, advice: how === null ? [why] : [why, how] };
};

/** Longer values are no ids. */
const maxConditionText = 256;

/** Each condition the preset recommends, with the value of the sample. */
const proposeConditions = (
  { claims }: SampleClaims,
  preset: IssuerPreset | null,
): { readonly conditions: readonly Condition[]; readonly notes: readonly string[] } => {
  const found = (preset?.recommendedConditions ?? []).flatMap(({ claim, why }) => {
    const value = findClaim(claims, claim);
    const isGood = typeof value === 'string' && value !== '' && value.length <= maxConditionText;
    return isGood ? [{ condition: { claim, equals: value }, note: `${claim}: ${why}` }] : [];
  });
  return { conditions: found.map(({ condition }) => condition), notes: found.map(({ note }) => note) };
};
