import { type JsonObject, member } from '../json.ts';
import { ok, type Result } from '../result.ts';
import {
  compileAny,
  compileRefusalAdvice,
  type RefusalAdvice,
  type RefusalAdviceDefinition,
} from './refusal-advice.ts';

/** What is known of a platform that issues tokens, as written in `config/issuers/<name>.yaml`. */
export interface IssuerPresetDefinition {
  /** The file's name, for example `github-actions`. */
  readonly name: string;
  readonly title: string;
  /** Issuer identifiers of the platform: exact, or a glob where each customer has one of its own. */
  readonly match: readonly string[];
  /** Strangers get tokens from the same issuer: the subject alone tells them apart from us (A31). */
  readonly shared: boolean;
  /** Where its JWK Set is, when that is the same for every customer; `null`: discovery. */
  readonly jwksUri: string | null;
  /** Whether a subject may be given as a pattern, and how much of it must be literal (ST-16). */
  readonly patterns: { readonly allowed: boolean; readonly minimumLiteralSegments: number };
  /** How a subject begins that names its owner; empty: any subject does. */
  readonly subjectStarts: readonly string[];
  /** Claims that name the owner as well as the subject would; a condition on one lets other subjects pass. */
  readonly ownerClaims: readonly string[];
  readonly recommendedConditions: readonly RecommendedCondition[];
  /** Subjects that carry names another may take once they are given up. */
  readonly recycledNames: readonly RecycledName[];
  /** What patterns of this platform cover beyond what they seem to say. */
  readonly patternReach: readonly PatternReach[];
  /** How many segments of a subject stay the same; the rest changes with every token. `null`: all of it stays. */
  readonly subjectVariesAfter: number | null;
  /** How a workload asks for an audience; AUDIENCE stands for it. */
  readonly audienceAdvice: string | null;
  /** The longest that its tokens live when nobody limits them; `null`: not so long that it matters. */
  readonly longestLifetimeSeconds: number | null;
  /** The way out where a token lives longer than is accepted, and why it may. */
  readonly lifetimeAdvice: string | null;
  /** What gives its tokens away where each customer has an issuer of its own: what all of them have. */
  readonly recognisedBy: {
    readonly claims: readonly string[];
    readonly subjectStart: string | null;
  } | null;
  /** What failed checks mostly mean here; the first that applies counts. */
  readonly refusals: readonly RefusalAdviceDefinition[];
  /** Sentences for the administrator who registers this issuer. */
  readonly advice: readonly string[];
  /** Audiences, exact or globs, that mean the platform or one of its consumers and never us (ST-21). */
  readonly audiencesOfOthers: readonly string[];
}

/** A condition worth having with this issuer, and why. */
export interface RecommendedCondition {
  readonly claim: string;
  readonly why: string;
}

/** A subject that carries a name, and what tells two owners of that name apart. */
export interface RecycledName {
  /** How such a subject begins; the name follows. */
  readonly subjectStart: string;
  /** What stands in the segment after it where an id is written beside the name; `null`: none ever is. */
  readonly idMark: string | null;
  /** A condition on one of these claims tells them apart as well. */
  readonly idClaims: readonly string[];
  /** Whose name it is and who may take it, as a sentence. */
  readonly why: string;
}

/** What a pattern that ends with `*` after so many literal segments covers. */
export interface PatternReach {
  readonly subjectStart: string;
  readonly literalSegments: number;
  /** As a sentence. */
  readonly covers: string;
  /** A condition on one of these claims says that it was meant. */
  readonly narrowedBy: readonly string[];
}

/** A preset ready for use. */
export interface IssuerPreset extends IssuerPresetDefinition {
  readonly refusals: readonly RefusalAdvice[];
  /** Whether `issuer` is one of this platform. */
  readonly matches: (issuer: string) => boolean;
  /** Whether `audience` means someone else than us. */
  readonly isAudienceOfAnother: (audience: string) => boolean;
}

/** Compiles the globs of a preset; the error names the glob that is none. */
export const compileIssuerPreset = (definition: IssuerPresetDefinition): Result<IssuerPreset, string> => {
  const matches = compileAny(definition.match);
  if (!matches.ok) return matches;
  const isAudienceOfAnother = compileAny(definition.audiencesOfOthers);
  if (!isAudienceOfAnother.ok) return isAudienceOfAnother;
  const refusals: RefusalAdvice[] = [];
  for (const advice of definition.refusals) {
    const compiled = compileRefusalAdvice(advice);
    if (!compiled.ok) return compiled;
    refusals.push(compiled.value);
  }
  return ok({
    ...definition,
    refusals,
    matches: matches.value,
    isAudienceOfAnother: isAudienceOfAnother.value,
  });
};

/** The preset of the platform behind `issuer`, or `null` when it is none we know. */
export const findPreset = (presets: readonly IssuerPreset[], issuer: string): IssuerPreset | null =>
  presets.find((preset) => preset.matches(issuer)) ?? null;

/**
 * The preset of the platform a token comes from: by its issuer; where that is one of many installations, by what its
 * tokens look like. Only words and proposals may depend on the latter: whoever issues the token chose its looks.
 */
export const recognisePreset = (
  presets: readonly IssuerPreset[],
  issuer: string | null,
  tokens: readonly JsonObject[],
): IssuerPreset | null =>
  (issuer === null ? null : findPreset(presets, issuer)) ??
  presets.find((preset) => tokens.some((claims) => looksLike(preset, claims))) ??
  null;

const looksLike = ({ recognisedBy }: IssuerPreset, claims: JsonObject): boolean => {
  if (recognisedBy === null) return false;
  const subject = member(claims, 'sub');
  const { subjectStart } = recognisedBy;
  return (
    recognisedBy.claims.every((name) => member(claims, name) !== undefined) &&
    (subjectStart === null || (typeof subject === 'string' && subject.startsWith(subjectStart)))
  );
};

/** How a workload of this platform asks for `audience`, as a sentence; `null` where nobody knows. */
export const adviseAudience = (
  { audienceAdvice }: Pick<IssuerPreset, 'audienceAdvice'>,
  audience: string,
): string | null => audienceAdvice?.replaceAll(/\bAUDIENCE\b/g, () => audience) ?? null;
