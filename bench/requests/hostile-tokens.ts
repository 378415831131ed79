import { githubClaims } from './github-claims.ts';

/** The most a token may have, in characters (contract §3): a hostile one has them all. */
const mostCharacters = 16_384;

/** What a hostile token is made of: a header that is good, and an issuer that is known. */
export interface HostileParts {
  readonly issuer: string;
  readonly kid: string;
}

const encode = (text: string): string => Buffer.from(text).toString('base64url');
const headerOf = (kid: string): string => encode(JSON.stringify({ alg: 'RS256', kid, typ: 'JWT' }));
/** As long as a signature with RSA of 2048 bits, and of the form of one. */
const wrongSignature = encode('x'.repeat(256));

/** How many bytes the payload may have so that the token has exactly the most characters, or one or two less. */
const payloadBytes = (header: string): number =>
  Math.floor(((mostCharacters - header.length - wrongSignature.length - 2) * 3) / 4);

/** A token with a payload that `fill` makes as long as it may be. */
const compose = (kid: string, fill: (bytes: number) => string): string => {
  const header = headerOf(kid);
  return `${header}.${encode(fill(payloadBytes(header)))}.${wrongSignature}`;
};

/** Good claims with `name` filled up by as much text as there is room for. */
const padded = (claims: object, bytes: number, name = 'padding'): string => {
  const text = JSON.stringify({ ...claims, [name]: '' });
  return JSON.stringify({ ...claims, [name]: 'a'.repeat(bytes - text.length) });
};

/** Members until there is no more room. */
const crowded = (claims: object, bytes: number): string => {
  const start = JSON.stringify(claims).slice(0, -1);
  const members: string[] = [];
  let length = start.length + 1;
  for (let index = 0; ; index += 1) {
    const member = `,"m${index}":${index}`;
    if (length + member.length > bytes) return `${start}${members.join('')}}`;
    members.push(member);
    length += member.length;
  }
};

/** Lists in lists until there is no more room. */
const nested = (claims: object, bytes: number): string => {
  const start = `${JSON.stringify(claims).slice(0, -1)},"deep":`;
  const depth = Math.floor((bytes - start.length - 1) / 2);
  return `${start}${'['.repeat(depth)}${']'.repeat(depth)}}`;
};

/** So many claims of one length, each with `text` again and again. */
const filled = (claims: object, bytes: number, count: number, text: string): string => {
  const start = JSON.stringify(claims).slice(0, -1);
  const room = bytes - start.length - 1;
  const each = Math.floor(room / count);
  const members = Array.from({ length: count }, (_, index) => {
    const name = `,"claim${index}":"`;
    const length = index < count - 1 ? each : room - each * (count - 1);
    return `${name}${text.repeat(length).slice(0, length - name.length - 1)}"`;
  });
  return `${start}${members.join('')}}`;
};

/** Nearly as many texts in a list as a token may hold values, each of them written with a backslash. */
const listed = (claims: object, bytes: number): string => {
  const list = `[${Array(950).fill(String.raw`"\n"`).join(',')}]`;
  return `${padded(claims, bytes - list.length - ',"list":'.length).slice(0, -1)},"list":${list}}`;
};

/** What is looked at the longest before it is known whether it is a credential or a token. */
const nearlySecret = 'xghp_AAAAAAAA eyJhbGciOiJSU eyJhbGciOiJSUzI.';

/** The kinds of hostile tokens, each of 16 KiB and each to be refused; `number` makes it another one. */
export const hostileTokens = {
  'forged, one long claim': ({ issuer, kid }, number) =>
    compose(kid, (bytes) => padded(githubClaims(issuer, number), bytes)),
  'forged, 220 claims': ({ issuer, kid }, number) =>
    compose(kid, (bytes) => filled(githubClaims(issuer, number), bytes, 220, 'a')),
  'forged, claims like credentials': ({ issuer, kid }, number) =>
    compose(kid, (bytes) => filled(githubClaims(issuer, number), bytes, 110, nearlySecret)),
  'forged, a list of escapes': ({ issuer, kid }, number) =>
    compose(kid, (bytes) => listed(githubClaims(issuer, number), bytes)),
  'forged, a thousand claims': ({ issuer, kid }, number) =>
    compose(kid, (bytes) => crowded(githubClaims(issuer, number), bytes)),
  'claims nested 6,000 deep': ({ issuer, kid }, number) =>
    compose(kid, (bytes) => nested(githubClaims(issuer, number), bytes)),
  'a bad character at the end': ({ issuer, kid }, number) =>
    `${compose(kid, (bytes) => padded(githubClaims(issuer, number), bytes)).slice(0, -1)}!`,
  'from an issuer nobody knows': ({ kid }, number) =>
    compose(kid, (bytes) => padded(githubClaims(`https://stranger-${number}.example`, number), bytes)),
} as const satisfies Readonly<Record<string, (parts: HostileParts, number: number) => string>>;

/** A kind of hostile token. */
export type HostileKind = keyof typeof hostileTokens;
