/**
 * How credentials that people paste into the wrong place begin. The beginning says what was pasted and opens nothing, so
 * it stays in the evidence; what follows it never does (A102).
 */
const known =
  /(?<![A-Za-z0-9])(gh[opsur]_|github_pat_|gl(?:pat|cbt|dt|rt)-|hv[sbr]\.|A[KS]IA|ya29\.|AIza|xox[bp]-|npm_|dop_v1_|bkua_|bkaj_|CCIPAT_|CCIPRJ_|atlasv1\.)[\w.+/=-]{8,}/gu;

/** What every text that is looked at closer has in it: most have nothing of it, and are many. */
const suspicious =
  /e[yw][JAokp]|-----BEGIN|gh[opsur]_|github_pat_|gl(?:pat|cbt|dt|rt)-|hv[sbr]\.|A[KS]IA|ya29\.|AIza|xox[bp]-|npm_|dop_v1_|bkua_|bkaj_|CCI|atlasv1\./u;

/** The beginning of a known credential at the start of `text`, `undefined` where it is none. */
export const secretPrefixOf = (text: string): string | undefined => {
  const [found] = text.slice(0, 64).matchAll(known);
  return found?.index === 0 ? found[1] : undefined;
};

const pem = /-----BEGIN [A-Z0-9 ]{1,40}-----/u;

/** Runs of what a compact JWT is written with. */
const runs = /[\w.-]{20,}/gu;

/** `{"`, `{ `, `{\n` and `{\t` in base64url: how the header of a JWT begins. */
const opening = /eyJ|eyA|ewo|ewk|ewp/gu;

/** The least characters of a header: `{"alg":""}`. */
const leastHeader = 14;

/**
 * `text` with every token, key and known credential in it replaced by a word and its length, `<JWT, 812 characters>`. Each
 * character is looked at a few times at most, whatever the text is (A36).
 */
export const maskSecrets = (text: string): string =>
  suspicious.test(text) ? maskKnown(maskTokens(maskPem(text))) : text;

/** Everything from the first block on: what follows it may be more of the same. */
const maskPem = (text: string): string => {
  const start = pem.exec(text)?.index;
  return start === undefined ? text : `${text.slice(0, start)}${name('PEM', text.length - start)}`;
};

const maskTokens = (text: string): string =>
  text.replaceAll(runs, (run) => {
    const start = findToken(run);
    return start === null ? run : `${run.slice(0, start)}${name('JWT', run.length - start)}`;
  });

/** Where a header begins that a dot follows; without one it is no token. Never looks back. */
const findToken = (run: string): number | null => {
  let from = 0;
  for (const { index } of run.matchAll(opening)) {
    if (index < from) continue;
    const dot = run.indexOf('.', index);
    if (dot < 0) return null;
    if (dot - index >= leastHeader) return index;
    from = dot;
  }
  return null;
};

const maskKnown = (text: string): string =>
  text.replaceAll(known, (secret, prefix: string) => name(`secret beginning with ${prefix}`, secret.length));

const name = (kind: string, length: number): string => `<${kind}, ${length} characters>`;

/** Names under which people keep what nobody else may know, whatever the value looks like. */
const secretName =
  /secret|passw|passphrase|credential|private_?key|api_?key|access_?token|refresh_?token|session_?(?:token|key)/i;

/** Whether what stands under `name` is better not shown at all. */
export const namesSecret = (name: string): boolean => secretName.test(name);
