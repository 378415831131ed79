// Signs in with a credentials file and prints the access token alone:
//
//   TOKEN=$(node config/tools/with-node.mjs demo/admin-token.ts [data/admin.json])
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

/** Signs in with a credentials file; the access token. */
const signIn = async (file: string): Promise<string> => {
  const credentials = await readCredentials(file);
  const body = new URLSearchParams(await buildSignIn(credentials));
  const response = await fetch(credentials.tokenEndpoint, { method: 'POST', body });
  const answer = (await response.json()) as { readonly access_token?: string };
  if (answer.access_token === undefined) throw new Error(`no token: ${JSON.stringify(answer)}`);
  return answer.access_token;
};

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

if (import.meta.main) {
  try {
    process.stdout.write(`${await signIn(process.argv[2] ?? 'data/admin.json')}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.stderr.write('Is the server running, and is this its credentials file?\n');
    process.exitCode = 1;
  }
}
