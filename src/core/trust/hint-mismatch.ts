import { compilePattern } from './pattern.ts';

/**
 * What to tell an administrator whose registered subject nearly is the presented one; `undefined` when nothing known
 * explains the difference. The order goes from the most telling to the most general.
 */
export const hintSubject = (registered: string, presented: string): string | undefined =>
  hintStar(registered, presented) ??
  hintRepositoryIds(registered, presented) ??
  hintSpelling(registered, presented);

/** As {@link hintSubject}, for the audience of a federation and the one audience of a token. */
export const hintAudience = (registered: string, presented: string): string | undefined =>
  hintSpelling(registered, presented) ?? hintForeignAudience(registered, presented);

const hintStar = (registered: string, presented: string): string | undefined => {
  if (!registered.includes('*')) return undefined;
  const pattern = compilePattern(registered);
  return pattern.ok && pattern.value(presented)
    ? 'The subject is compared literally, star included. Register it as subjectPattern.'
    : undefined;
};

/** GitHub, for repositories new, renamed or transferred since July 2026: `repo:OWNER@ID/REPO@ID:…`. */
const hintRepositoryIds = (registered: string, presented: string): string | undefined => {
  if (!registered.startsWith('repo:') || !presented.startsWith('repo:')) return undefined;
  const pattern = compilePattern(withoutIds(registered));
  if (!pattern.ok || !pattern.value(withoutIds(presented))) return undefined;
  return registered === withoutIds(registered)
    ? 'GitHub writes immutable ids into the subjects of this repository (OWNER@ID/REPO@ID). Register the presented subject with its ids.'
    : 'The ids of owner or repository are missing or other ones: this may be another repository of the same name. Check before you register it.';
};

const withoutIds = (subject: string): string => subject.replaceAll(/@\d+(?=[/:]|$)/g, '');

const hintSpelling = (registered: string, presented: string): string | undefined => {
  if (registered.trim() === presented.trim()) return 'They differ only in surrounding space, which counts.';
  if (registered.replace(/\/$/, '') === presented.replace(/\/$/, '')) {
    return 'They differ only in a trailing slash, which counts.';
  }
  if (registered.toLowerCase() === presented.toLowerCase()) {
    return 'They differ only in upper and lower case, which counts.';
  }
  if (skeleton(registered) === skeleton(presented)) {
    return 'They look alike but hold different characters, for example another Unicode form or an invisible one. Copy the value from the token.';
  }
  return hintLookAlike(registered, presented);
};

/** Compatibility form without what cannot be seen. */
const skeleton = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll(/[\p{Cc}\p{Cf}\s]/gu, '')
    .toLowerCase();

/** A letter of another script in the place of a registered one. */
const hintLookAlike = (registered: string, presented: string): string | undefined => {
  const [wanted, came] = [Array.from(registered), Array.from(presented)];
  const strange = came.findIndex((character, index) => character !== wanted[index]);
  const character = came[strange];
  if (wanted.length !== came.length || character === undefined || /\p{ASCII}/u.test(character))
    return undefined;
  return `Character ${strange + 1} of the presented value is U+${codePoint(character)}, not U+${codePoint(wanted[strange] ?? '')}.`;
};

const codePoint = (character: string): string =>
  (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');

/** Audiences that platforms fill in when nobody asks for one, or that mean another service (ST-21). */
const foreignAudiences: readonly (readonly [RegExp, string])[] = [
  [
    /^https:\/\/github\.com\/[^/]+$/,
    "That is GitHub's default audience. Have the workflow ask for the registered one: core.getIDToken('AUDIENCE'), or &audience=AUDIENCE on ACTIONS_ID_TOKEN_REQUEST_URL.",
  ],
  [
    /^https:\/\/kubernetes\.default\.svc(?:\.cluster\.local)?$|^k3s$/,
    'That is the audience of the Kubernetes API server. Mount a projected service account token with audience: AUDIENCE.',
  ],
  [/^sts\.amazonaws\.com$/, 'That audience means AWS. Have the workload ask for AUDIENCE.'],
  [
    /^api:\/\/AzureADTokenExchange$/,
    'That audience means Microsoft Entra. Have the workload ask for AUDIENCE.',
  ],
  [/^\/\/iam\.googleapis\.com\//, 'That audience means Google Cloud. Have the workload ask for AUDIENCE.'],
  [/^sigstore$/, 'That audience means Sigstore. Have the workload ask for AUDIENCE.'],
];

const hintForeignAudience = (registered: string, presented: string): string | undefined =>
  foreignAudiences.find(([shape]) => shape.test(presented))?.[1].replaceAll('AUDIENCE', () => registered);
