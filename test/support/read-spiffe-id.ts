// A second, slow reading of SPIFFE IDs: one character after the other, each rule of the text a line of its own.
const lower = 'abcdefghijklmnopqrstuvwxyz';
const digits = '0123456789';
const punctuation = '.-_';
const domainCharacters = lower + digits + punctuation;
const segmentCharacters = domainCharacters + lower.toUpperCase();

/** Trust domain and segments, or the section of SPIFFE-ID that `text` offends. */
export const readSpiffeId = (
  text: string,
): { readonly trustDomain: string; readonly segments: readonly string[] } | { readonly offends: string } => {
  const characters = text.split('');
  if (Buffer.byteLength(text, 'utf8') > 2048) return { offends: '§2.3 length' };
  for (const wanted of 'spiffe://') if (characters.shift() !== wanted) return { offends: '§2 scheme' };
  let trustDomain = '';
  while (characters.length > 0 && characters[0] !== '/') {
    const character = characters.shift() ?? '';
    if (!domainCharacters.includes(character)) return { offends: '§2.1 characters' };
    trustDomain += character;
  }
  if (trustDomain.length === 0) return { offends: '§2.1 empty' };
  if (trustDomain.length > 255) return { offends: '§2.3 trust domain' };
  const segments: string[] = [];
  while (characters.shift() === '/') {
    let segment = '';
    while (characters.length > 0 && characters[0] !== '/') {
      const character = characters.shift() ?? '';
      if (!segmentCharacters.includes(character)) return { offends: '§2.2 characters' };
      segment += character;
    }
    if (segment === '') return { offends: '§2.2 empty segment' };
    if (segment === '.' || segment === '..') return { offends: '§2.2 relative' };
    segments.push(segment);
  }
  return { trustDomain, segments };
};
