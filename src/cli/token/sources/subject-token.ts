import { readJwt } from '../read-jwt.ts';
import { notHere, type TokenSource } from '../token-source.ts';

/** The token itself, on the command line or in BUREAU_SUBJECT_TOKEN. */
export const subjectToken: TokenSource = {
  name: 'subject token',
  find: async (_context, { named }) => {
    const token = named.subjectToken;
    if (token === null) return notHere('neither --subject-token nor BUREAU_SUBJECT_TOKEN is set');
    const where = 'the subject token';
    return { kind: 'platform-token', where, renews: false, read: async () => readJwt(token, where) };
  },
};
