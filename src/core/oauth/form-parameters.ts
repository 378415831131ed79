import { failed, grant, refuse, type Verdict } from '../activity/check.ts';
import { isAscii } from '../ascii.ts';
import { knownParameters, type ParameterName } from './vocabulary.ts';

/** The parameters of a request that we read; one that is absent or was sent empty is not in here (TR-05). */
export type FormParameters = ReadonlyMap<ParameterName, string>;

/** The most `name=value` pairs a body may hold, unknown ones included (TR-11). */
export const maxFormParameters = 40;

/**
 * Reads an `application/x-www-form-urlencoded` body (RFC 6749 App. B).
 *
 * Strict where other parsers shrug: percent-encoding and UTF-8 must be right everywhere, NUL is refused, and a name we
 * read may come once, be the other value equal or empty (TR-03, TR-04; `audience` and `resource` too: the contract is
 * stricter than RFC 8693 here). Names we do not read are ignored and never shown: they could be a misplaced token.
 *
 * @param body a character above U+007F is malformed, for encoded text is ASCII
 * @param names the parameters this endpoint reads; those of the token endpoint unless said otherwise
 * @returns refused with `body_malformed`, `parameters_too_many` or `parameter_repeated`
 */
export const parseFormParameters = (
  body: string,
  names: readonly ParameterName[] = knownParameters,
): Verdict<FormParameters> => {
  const isKnown = (name: string): name is ParameterName => (names as readonly string[]).includes(name);
  const pairs = readFormPairs(body);
  if (pairs === null) {
    return refuse('parameters_too_many', [
      failed(
        'request.parameters',
        `at most ${maxFormParameters} parameters`,
        `more than ${maxFormParameters}`,
        'No grant has so many. Was a whole document sent as a form?',
      ),
    ]);
  }

  const seen: ParameterName[] = [];
  const parameters = new Map<ParameterName, string>();
  for (let index = 0; index < pairs.length; index++) {
    const { name, value } = pairs[index] as FormPair;
    if (name === null || value === null)
      return refuseMalformed(index, name !== null && isKnown(name) ? name : null);
    if (!isKnown(name)) continue;
    if (seen.includes(name)) {
      return refuse('parameter_repeated', [
        failed('request.parameters', `${name} once`, `${name} more than once`, `Send ${name} one time only.`),
      ]);
    }
    seen.push(name);
    if (value !== '') parameters.set(name, value);
  }
  return grant(parameters);
};

/** One `name=value` of a body; `null` for what cannot be decoded. */
export interface FormPair {
  readonly name: string | null;
  readonly value: string | null;
}

/** The pairs of a body, decoded, or `null` when there are more than {@link maxFormParameters}. */
export const readFormPairs = (body: string): readonly FormPair[] | null => {
  const pairs = splitPairs(body);
  if (pairs === null) return null;
  // Asked once for all of it: nearly every body is.
  const decodePart = isAscii(body) ? decodeAscii : decode;
  return pairs.map((pair) => {
    const equals = pair.indexOf('=');
    return {
      name: decodePart(equals < 0 ? pair : pair.slice(0, equals)),
      value: equals < 0 ? '' : decodePart(pair.slice(equals + 1)),
    };
  });
};

/** The non-empty pairs, or `null` as soon as there are too many: nothing is decoded before they are counted (A83). */
const splitPairs = (body: string): readonly string[] | null => {
  const pairs: string[] = [];
  for (let start = 0; start < body.length; ) {
    const ampersand = body.indexOf('&', start);
    const end = ampersand < 0 ? body.length : ampersand;
    if (end > start) {
      if (pairs.length === maxFormParameters) return null;
      pairs.push(body.slice(start, end));
    }
    start = end + 1;
  }
  return pairs;
};

/** The text behind one encoded name or value; `null` when it is not ASCII, not percent-encoded right, not UTF-8, or has a NUL. */
const decode = (encoded: string): string | null => (isAscii(encoded) ? decodeAscii(encoded) : null);

const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder() };

/** ASCII with a space for each plus sign; thousands of them cost no more than a few. */
const withSpaces = (encoded: string): string => {
  const bytes = utf8.encoder.encode(encoded);
  for (let index = 0; index < bytes.length; index++) if (bytes[index] === plus) bytes[index] = space;
  return utf8.decoder.decode(bytes);
};

const [plus, space] = [0x2b, 0x20];

const decodeAscii = (encoded: string): string | null => {
  if (encoded.includes('\0')) return null;
  const spaced = encoded.includes('+') ? withSpaces(encoded) : encoded;
  if (!spaced.includes('%')) return spaced;
  try {
    const text = decodeURIComponent(spaced);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
};

const refuseMalformed = (index: number, name: ParameterName | null): Verdict<never> => {
  const where = name === null ? `parameter ${index + 1}` : `the value of ${name}`;
  return refuse('body_malformed', [
    failed(
      'request.encoding',
      'application/x-www-form-urlencoded: percent-encoded UTF-8 without NUL',
      `${where} cannot be decoded`,
      'Encode every name and value with a form encoder; a literal % is %25, a literal + is %2B.',
    ),
  ]);
};
