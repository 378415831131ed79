import { maskSecrets, namesSecret } from '../activity/mask-secrets.ts';
import { cutText } from '../activity/show-members.ts';
import { escapeInvisible } from '../activity/present.ts';
import type { FormPair } from './form-parameters.ts';
import { type ParameterName, tokenParameters } from './vocabulary.ts';

/** The form parameters of a request for the evidence: a text, or several where one came more than once. */
export type ShownParameters = Readonly<Record<string, string | readonly string[]>>;

/** Parameters whose value is a token or a secret whatever it looks like (A102). */
const secretParameters: ReadonlySet<string> = new Set<ParameterName>([...tokenParameters, 'client_secret']);

/** Characters of one value, and values of one name. */
const maxValue = 256;
const maxRepeats = 3;
/** Characters of a name that nearly is one. */
const maxName = 40;

/** What two spellings of one name have in common, as `subjectToken` and `subject_token` do. */
export const plainName = (name: string): string => name.toLowerCase().replaceAll(/[-_.]/g, '');

/**
 * What a form body said, as far as it can be read: the value of each parameter in `names`, secrets replaced by a word and
 * their length, and which of the others nearly has a name that is read. Nothing else is shown: it could be a misplaced
 * token. `null` where nothing can be read.
 */
export const showParameters = (
  pairs: readonly FormPair[],
  names: readonly ParameterName[],
): ShownParameters | null => {
  const values = new Map<string, string[]>();
  const ignored = new Set<string>();
  for (const { name, value } of pairs) {
    if (name === null) continue;
    if (names.some((known) => known === name)) {
      const known = values.get(name) ?? [];
      if (known.length < maxRepeats) values.set(name, [...known, showValue(name, value)]);
    } else if (name.length <= maxName && names.some((known) => plainName(known) === plainName(name))) {
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
  return `<${kindOf(value)}, ${value.length} ${value.length === 1 ? 'character' : 'characters'}>`;
};

const kindOf = (value: string): string => {
  const dots = value.split('.', 6).length - 1;
  if (/^ey[A-Za-z0-9_-]+\./.test(value)) return dots === 4 ? 'JWE' : 'JWT';
  return 'secret';
};
