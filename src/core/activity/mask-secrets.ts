/**
 * How credentials that people paste into the wrong place begin. The beginning says what was pasted and opens nothing, so
 * it stays in the evidence; what follows it never does (A102). Never in the middle of a word, which is looked at last.
 */
const known =
  /(gh[opsur]_|github_pat_|gl(?:pat|cbt|dt|rt)-|hv[sbr]\.|A[KS]IA|ya29\.|AIza|xox[bp]-|npm_|dop_v1_|bkua_|bkaj_|CCIPAT_|CCIPRJ_|atlasv1\.)(?<![A-Za-z0-9]\1)[\w.+/=-]{8,}/g;

/** What every text that is masked has in it: most have nothing of it, and are many. */
const suspicious =
  /(?:ey[JA]|ew[okp])[\w-]{11}|-----BEGIN|(?:gh[opsur]_|github_pat_|gl(?:pat|cbt|dt|rt)-|hv[sbr]\.|A[KS]IA|ya29\.|AIza|xox[bp]-|npm_|dop_v1_|bkua_|bkaj_|CCIPAT_|CCIPRJ_|atlasv1\.)[\w.+/=-]{8}/;

/** The least characters of anything that is masked: `hvs.` and eight more. */
const leastSecret = 12;

/** The most characters by which a secret is known: `github_pat_` and eight more. */
export const longestOpening = 19;

/** Whether anything in `text` begins like a secret; where nothing does, {@link maskSecrets} leaves it as it is. */
export const mayHoldSecret = (text: string): boolean => text.length >= leastSecret && suspicious.test(text);

/** The beginning of a known credential at the start of `text`, `undefined` where it is none. */
export const secretPrefixOf = (text: string): string | undefined => {
  const [found] = text.slice(0, 64).matchAll(known);
  return found?.index === 0 ? found[1] : undefined;
};

const pem = /-----BEGIN [A-Z0-9 ]{1,40}-----/u;

/**
 * What begins as the header of a JWT does, `{"`, `{ `, `{\n` or `{\t` in base64url, and has at least the 14 characters of
 * `{"alg":""}`; with the dot behind it, without which it is no token, and all that follows.
 */
const tokens = /(?:ey[JA]|ew[okp])[\w-]{11,}(\.[\w.-]*)?/g;

/**
 * `text` with every token, key and known credential in it replaced by a word and its length, `<JWT, 812 characters>`. Each
 * character is looked at a few times at most, whatever the text is (A36).
 */
export const maskSecrets = (text: string): string =>
  mayHoldSecret(text) ? maskKnown(maskTokens(maskPem(text))) : text;

/** Everything from the first block on: what follows it may be more of the same. */
const maskPem = (text: string): string => {
  const start = pem.exec(text)?.index;
  return start === undefined ? text : `${text.slice(0, start)}${name('PEM', text.length - start)}`;
};

const maskTokens = (text: string): string =>
  text.replaceAll(tokens, (token: string, behind: string | undefined) =>
    behind === undefined ? token : name('JWT', token.length),
  );

const maskKnown = (text: string): string =>
  text.replaceAll(known, (secret, prefix: string) => name(`secret beginning with ${prefix}`, secret.length));

const name = (kind: string, length: number): string => `<${kind}, ${length} characters>`;

/** Names under which people keep what nobody else may know, whatever the value looks like. */
const secretName =
  /secret|passw|passphrase|credential|private_?key|api_?key|access_?token|refresh_?token|session_?(?:token|key)/i;

/** Whether what stands under `name` is better not shown at all. */
export const namesSecret = (name: string): boolean => secretName.test(name);
