import { hintIssuer, type IssuerHint } from '../trust/hint-issuer.ts';
import { adviseAudience, type IssuerPreset, recognisePreset } from '../trust/preset.ts';
import type { Check } from './check.ts';
import { nearParameter } from './near-parameter.ts';
import type { ExplainingFacts, Refusal } from './refusal.ts';

/** What is known of the platform behind a token about one failed check. */
export interface PlatformAdvice {
  readonly sentences: readonly string[];
  /** In place of what is said about the reason in general. */
  readonly change?: string;
}

/** Checks that failed because nobody knows the issuer. */
const issuerChecks: ReadonlySet<string> = new Set(['issuer.registered', 'door.own-key', 'assertion.account']);

/** Checks about the audience a workload asks its platform for. */
const audienceChecks: ReadonlySet<string> = new Set(['federation.audience']);

/** What the presets, and the issuers that are registered, have to say about a failed check. */
export const adviseOn = (check: Check, refusal: Refusal, facts: ExplainingFacts): PlatformAdvice => {
  const { presets } = facts;
  const platform = recognisePlatform(presets, refusal);
  const rule = [
    ...(platform?.refusals ?? []),
    ...presets.flatMap(({ refusals }) => refusals.filter(({ anywhere }) => anywhere)),
  ].find((advice) => advice.appliesTo(check));
  const addressee = audienceChecks.has(check.check) ? findAddressee(presets, check.presented) : null;
  const near = issuerChecks.has(check.check) ? nearIssuer(refusal, facts) : null;
  const change =
    near?.isSpelling === true ? changeSpelling : (rule?.change ?? changeOf(check, platform ?? addressee));
  return {
    sentences: [
      nearParameter(check, refusal.parameters),
      near?.says,
      check.check === 'issuer.registered' && platform !== null
        ? `It is an issuer of ${platform.title}.`
        : undefined,
      rule?.says ?? (addressee === null ? undefined : `That audience means ${addressee.title}.`),
    ]
      .filter((sentence) => sentence !== undefined && sentence !== null)
      .map((sentence) => fillIn(sentence, check)),
    ...(change === null ? {} : { change: fillIn(change, check) }),
  };
};

const changeOf = ({ check }: Check, platform: IssuerPreset | null): string | null => {
  if (audienceChecks.has(check)) return platform === null ? null : adviseAudience(platform, 'EXPECTED');
  return check === 'claims.lifetime' ? (platform?.lifetimeAdvice ?? null) : null;
};

const changeSpelling =
  'If both are meant to be one, write the issuer as its tokens do: add a federation with issuer PRESENTED to the account, and take the other one away. A trusted issuer cannot be renamed.';

const nearIssuer = ({ issuer }: Refusal, { registeredIssuers }: ExplainingFacts): IssuerHint | null =>
  issuer === null ? null : hintIssuer(registeredIssuers, issuer);

/** Whom an audience means; a token may name several. */
const findAddressee = (presets: readonly IssuerPreset[], presented: string): IssuerPreset | null => {
  const audiences = presented.split(', ', 8);
  return presets.find((preset) => audiences.some(preset.isAudienceOfAnother)) ?? null;
};

/** By its issuer; where that is one of many installations, by what its tokens look like. Only words depend on it. */
const recognisePlatform = (
  presets: readonly IssuerPreset[],
  { issuer, presented }: Refusal,
): IssuerPreset | null => {
  const tokens = presented.flatMap(({ claims }) => (claims === null ? [] : [claims]));
  return recognisePreset(presets, issuer, tokens);
};

const fillIn = (sentence: string, { expected, presented }: Check): string =>
  sentence.replaceAll('EXPECTED', () => expected).replaceAll('PRESENTED', () => presented);
