/**
 * How credentials that people paste into the wrong place begin. The beginning says what was pasted and opens nothing, so
 * it stays in the evidence; what follows it never does (A102).
 */
export const secretPrefixes = [
  'ghs_',
  'ghp_',
  'gho_',
  'ghu_',
  'ghr_',
  'github_pat_',
  'glpat-',
  'glcbt-',
  'gldt-',
  'glrt-',
  'hvs.',
  'hvb.',
  'hvr.',
  'AKIA',
  'ASIA',
  'ya29.',
  'AIza',
  'xoxb-',
  'xoxp-',
  'npm_',
  'dop_v1_',
  'bkua_',
  'bkaj_',
  'CCIPAT_',
  'CCIPRJ_',
  'atlasv1.',
] as const;

const escaped = secretPrefixes.map((prefix) => prefix.replaceAll('.', '\\.')).join('|');

/** Linear: in each alternative what repeats is told from what follows it by its first character. */
const secrets = new RegExp(
  [
    // `{"`, `{ `, `{\n` and `{\t` in base64url: how the header of a JWT begins. Without a dot it is no token.
    '(?<jwt>(?:eyJ|eyA|ewo|ewk|ewp)[\\w-]{7,}(?:\\.[\\w-]*)+)',
    '(?<pem>-----BEGIN [A-Z0-9 ]{1,40}-----[^]*?(?:-----END|$)[^]*)',
    `(?<![A-Za-z0-9])(?<prefix>${escaped})[\\w.+/=-]{8,}`,
  ].join('|'),
  'gu',
);

/** `text` with every token, key and known credential in it replaced by a word and its length, `<JWT, 812 characters>`. */
export const maskSecrets = (text: string): string =>
  text.replaceAll(secrets, (...found: unknown[]) => {
    const [secret] = found as [string];
    const groups = found.at(-1) as { readonly jwt?: string; readonly pem?: string; readonly prefix?: string };
    return `<${nameOf(groups)}, ${secret.length} characters>`;
  });

const nameOf = ({ jwt, pem, prefix }: { jwt?: string; pem?: string; prefix?: string }): string => {
  if (jwt !== undefined) return 'JWT';
  return pem === undefined ? `secret beginning with ${prefix ?? ''}` : 'PEM';
};

/** Names under which people keep what nobody else may know, whatever the value looks like. */
const secretName =
  /secret|passw|passphrase|credential|private_?key|api_?key|access_?token|refresh_?token|session_?(?:token|key)/i;

/** Whether what stands under `name` is better not shown at all. */
export const namesSecret = (name: string): boolean => secretName.test(name);
