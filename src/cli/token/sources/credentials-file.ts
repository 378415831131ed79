import { notHere, type TokenSource } from '../token-source.ts';

/** A credentials file with the account's own key. */
export const credentialsFile: TokenSource = {
  name: 'credentials file',
  find: async (_context, { named }) =>
    named.credentials === null
      ? notHere('neither --credentials nor BUREAU_CREDENTIALS is set')
      : { kind: 'own-key', path: named.credentials },
};
