// Signing in with a credentials file, by hand and without the command line.
//
// This is all there is to private_key_jwt (RFC 7523 §2.2): a JWT about oneself, signed with one's own key, used once.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { importPKCS8, SignJWT } from 'jose';

/** The members of a credentials file that signing in needs. */
export interface Credentials {
  readonly clientId: string;
  readonly privateKey: string;
  readonly keyId: string;
  readonly algorithm: string;
  readonly issuer: string;
  readonly tokenEndpoint: string;
}

/** Reads a credentials file. */
export const readCredentials = async (file: string): Promise<Credentials> =>
  JSON.parse(await readFile(file, 'utf8')) as Credentials;

/** The form that asks for an access token: an assertion that lives a minute and works once. */
export const buildSignIn = async (credentials: Credentials): Promise<Record<string, string>> => {
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: credentials.algorithm, kid: credentials.keyId })
    .setIssuer(credentials.clientId)
    .setSubject(credentials.clientId)
    .setAudience(credentials.issuer)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('1 minute')
    .sign(await importPKCS8(credentials.privateKey, credentials.algorithm));
  return {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  };
};
