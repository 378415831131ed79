import { maskSecrets, namesSecret } from '../activity/mask-secrets.ts';
import { cutText } from '../activity/show-members.ts';
import { escapeInvisible } from '../activity/present.ts';
import { readFormPairs } from './form-parameters.ts';
import { type ParameterName, tokenParameters } from './vocabulary.ts';

/** The form parameters of a request for the evidence: a text, or several where one came more than once. */
export type ShownParameters = Readonly<Record<string, string | readonly string[]>>;

/** Parameters whose value is a token or a secret whatever it looks like (A102). */
const secretParameters: ReadonlySet<string> = new Set<ParameterName>([...tokenParameters, 'client_secret']);

/** Characters of one value, values of one name, and names that nobody here reads. */
const maxValue = 256;
const maxRepeats = 3;
const maxIgnored = 10;

/** What the name of a parameter looks like, so that no misplaced token is taken for one. */
const nameShape = /^[A-Za-z][A-Za-z0-9_.-]{0,39}$/;

/**
 * What a form body said, as far as it can be read: the value of each parameter in `names`, secrets replaced by a word and
 * their length, and the names of the others, whose values are never shown. `null` where nothing can be read.
 */
export const showParameters = (body: string, names: readonly ParameterName[]): ShownParameters | null => {
  const values = new Map<string, string[]>();
  const ignored = new Set<string>();
  for (const { name, value } of readFormPairs(body) ?? []) {
    if (name === null) continue;
    if (names.some((known) => known === name)) {
      const known = values.get(name) ?? [];
      if (known.length < maxRepeats) values.set(name, [...known, showValue(name, value)]);
    } else if (nameShape.test(name) && maskSecrets(name) === name && ignored.size < maxIgnored) {
      ignored.add(name);
    }
  }
  const shown = [
    ...[...values].map(([name, all]) => [name, all.length === 1 ? (all[0] ?? '') : all] as const),
    ...[...ignored].map((name) => [name, '<not read here>'] as const),
  ];
  return shown.length === 0 ? null : Object.fromEntries(shown);
};

const showValue = (name: string, value: string | null): string => {
  if (value === null) return '<cannot be decoded>';
  if (value === '') return '';
  if (!secretParameters.has(name) && !namesSecret(name))
    return cutText(escapeInvisible(maskSecrets(value)), maxValue);
  return `<${kindOf(value)}, ${value.length} characters>`;
};

const kindOf = (value: string): string => {
  const dots = value.split('.', 6).length - 1;
  if (/^ey[A-Za-z0-9_-]+\./.test(value)) return dots === 4 ? 'JWE' : 'JWT';
  return 'secret';
};
