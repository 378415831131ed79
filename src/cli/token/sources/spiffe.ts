import { misused } from '../../command-failed.ts';
import { notHere, type TokenSource } from '../token-source.ts';
import { findTokenFile } from './token-files.ts';

/** Where a JWT-SVID is looked for when BUREAU_JWT_SVID_FILE is not set; the name is the one of spiffe-helper's examples. */
export const jwtSvidPaths = ['/var/run/secrets/spiffe/jwt_svid.token', '/run/spiffe/jwt_svid.token'] as const;

/** SPIFFE: a JWT-SVID that spiffe-helper or another agent keeps fresh in a file. */
export const spiffe: TokenSource = {
  name: 'SPIFFE JWT-SVID',
  find: async (context) => {
    const named = context.environment['BUREAU_JWT_SVID_FILE'] ?? '';
    const file = await findTokenFile(context, named === '' ? jwtSvidPaths : [named]);
    if (file !== null) return file;
    if (named !== '') throw misused(`BUREAU_JWT_SVID_FILE names ${named}, and there is no token`);
    return notHere(`BUREAU_JWT_SVID_FILE is not set, and nothing is at ${jwtSvidPaths.join(' or ')}`);
  },
};
