/**
 * `value` in the canonical form of RFC 8785: members sorted by their UTF-16 code units, no white space. What JSON cannot
 * carry is written as `JSON.stringify` writes it, so that a value and what is read back from its JSON give the same text.
 */
export const toCanonicalJson = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(toCanonicalJson).join(',')}]`;
  let members = '';
  // Sorted without a comparison of ours, names are compared by their code units.
  for (const name of Object.keys(value).sort()) {
    const member = (value as Readonly<Record<string, unknown>>)[name];
    if (member === undefined) continue;
    members += `${members === '' ? '' : ','}${JSON.stringify(name)}:${toCanonicalJson(member)}`;
  }
  return `{${members}}`;
};
