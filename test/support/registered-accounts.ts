import type { KeyObject } from 'node:crypto';
import {
  type Answer,
  type BureauProcess,
  type Credentials,
  postForm,
  signAssertion,
} from './bureau-process.ts';
import type { FakeIssuer } from './fake-issuer.ts';
import { registered, urn } from './test-bureau.ts';

/** A request to the admin API of one tenant by an administrator of it. */
export type AdminCall = BureauProcess['admin'];

/** What every account of these tests holds. */
export const holdings = {
  scopes: ['certificates:read', 'certificates:issue'],
  audiences: ['https://api.example.com', 'https://other.example.com'],
} as const;

/** Calls the admin API below `base` (`http://127.0.0.1:8080/t/acme`) with a token for these credentials. */
const adminOf = async (base: string, credentials: Credentials): Promise<AdminCall> => {
  const granted = await postForm(`${base}/token`, {
    grant_type: 'client_credentials',
    client_assertion_type: urn.assertionType,
    client_assertion: await signAssertion(credentials),
  });
  if (granted.status !== 200) throw new Error(`no administrator token: ${JSON.stringify(granted.body)}`);
  return async (method, path, body, headers = {}) => {
    const response = await fetch(`${base}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${granted.body.access_token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
};

/** Makes a tenant, and gives the calls of its administrator. */
export const createTenant = async (bureau: BureauProcess, name: string): Promise<AdminCall> => {
  const made = created(await bureau.admin('POST', '/tenants', { name }));
  return adminOf(`${bureau.url}/t/${name}`, made.credentials as Credentials);
};

/** Registers an account for {@link registered} subject and audience at `issuer`, and gives its id. */
export const createFederatedAccount = async (
  admin: AdminCall,
  issuer: FakeIssuer,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<string> => {
  const { jwksUri, issuer: url } = issuer;
  const federation = { issuer: url, jwksUri, subject: registered.subject, audience: registered.audience };
  const account = await createAccount(admin, {
    name: 'federated',
    federations: [federation],
    ...changes,
  });
  return account.id as string;
};

/** Makes an account whose key pair the server makes, and gives the credentials file. */
export const createKeyedAccount = async (
  admin: AdminCall,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<Credentials> => {
  const account = await createAccount(admin, { name: 'keyed', key: { generate: 'RS256' }, ...changes });
  return account.credentials as Credentials;
};

/** Registers an account with the public half of a key that was made elsewhere, and gives its id. */
export const createAccountWithKey = async (
  admin: AdminCall,
  name: string,
  publicKey: KeyObject | string,
  algorithm?: string,
): Promise<string> => {
  const pem = typeof publicKey === 'string' ? publicKey : publicKey.export({ type: 'spki', format: 'pem' });
  const key = { publicKey: pem, ...(algorithm === undefined ? {} : { algorithm }) };
  return (await createAccount(admin, { name, key })).id as string;
};

/** Changes settings of the tenant. */
export const changeSettings = async (
  admin: AdminCall,
  changes: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const answer = await admin('PATCH', '/settings', changes, { 'if-match': '*' });
  if (answer.status !== 200) throw new Error(`settings: ${answer.status} ${JSON.stringify(answer.body)}`);
};

const createAccount = async (
  admin: AdminCall,
  members: Readonly<Record<string, unknown>>,
): Promise<Answer['body']> =>
  created(
    await admin('POST', '/service-accounts', {
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      ...holdings,
      ...members,
    }),
  );

const created = (answer: Answer): Answer['body'] => {
  if (answer.status !== 201) throw new Error(`not created: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
};
