import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Credentials, postForm, signAssertion } from '../../test/support/bureau-process.ts';
import { theExchange, urns } from '../the-exchange.ts';
import type { Registrations } from './contender.ts';

/** A call of the admin API; throws for an answer that is no success. */
export type Administer = (
  method: string,
  path: string,
  body?: object,
) => Promise<Readonly<Record<string, unknown>>>;

/** Calls of the admin API of a server whose first administrator's credentials are in `dataDir`. */
export const createAdministrator = (url: string, dataDir: string): Administer => {
  let token = { text: '', until: 0 };
  const fresh = async (): Promise<string> => {
    if (token.until > Date.now()) return token.text;
    const credentials = JSON.parse(await readFile(join(dataDir, 'admin.json'), 'utf8')) as Credentials;
    const answer = await postForm(`${url}/token`, {
      grant_type: 'client_credentials',
      client_assertion_type: urns.assertion,
      client_assertion: await signAssertion(credentials),
    });
    token = { text: String(answer.body.access_token), until: Date.now() + 600_000 };
    return token.text;
  };
  return async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await fresh()}`,
        'if-match': '*',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>);
  };
};

const common = {
  owningTeam: theExchange.account.team,
  useCase: 'custom-api-integration',
  scopes: [theExchange.scope],
  audiences: [theExchange.audience],
};

/** Registers an account with a federation for every issuer, one with a key of its own, and the recipes for JWT-SVIDs. */
export const register = async (
  administer: Administer,
  { issuers, publicKey }: Registrations,
): Promise<{ readonly keyAccountId: string }> => {
  const federated = await administer('POST', '/service-accounts', {
    ...common,
    name: theExchange.account.name,
    federations: issuers.map(({ issuer, jwksUri }) => ({
      issuer,
      jwksUri,
      subject: theExchange.subject,
      audience: theExchange.tokenAudience,
    })),
  });
  for (const { name, algorithm, audience } of theExchange.svid.providers)
    await administer('POST', '/credential-providers', {
      name,
      resourceSet: 'default',
      serviceAccounts: [federated['id']],
      subject: { type: 'dynamic', value: theExchange.svid.template },
      audience,
      lifetimeMinutes: 15,
      algorithm,
      claims: [{ name: 'environment', type: 'literal', value: 'production' }],
    });
  const own = await administer('POST', '/service-accounts', {
    ...common,
    name: theExchange.keyAccount.name,
    key: { publicKey },
  });
  return { keyAccountId: String(own['id']) };
};
