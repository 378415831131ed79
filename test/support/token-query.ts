import type { InjectOptions } from 'fastify';
import type { Answer } from './bureau-process.ts';
import { makeAssertion, type Members, type OwnKey, ownKeyOf } from './own-key.ts';
import { type TestBureau, urn } from './test-bureau.ts';

/** The two endpoints that are asked about a token. */
export type QueryEndpoint = 'introspect' | 'revoke';

/** The client authentication of an account with a key of its own, made anew for each request. */
export const authenticatedBy = (
  key: OwnKey,
  claims: Members = {},
  header: Members = {},
): Record<string, string> => ({
  client_assertion_type: urn.assertionType,
  client_assertion: makeAssertion(key, claims, header),
});

/** `POST` of a form, or of a raw body, to one of the endpoints. */
export const postQuery = (
  bureau: TestBureau,
  endpoint: QueryEndpoint,
  form: Readonly<Record<string, string>> | string,
  options: Partial<InjectOptions> = {},
): Promise<Answer> => bureau.token(form, { url: `/${endpoint}`, ...options });

/** What `caller` is told of `token`. */
export const introspect = (bureau: TestBureau, caller: OwnKey, token: string): Promise<Answer> =>
  postQuery(bureau, 'introspect', { token, ...authenticatedBy(caller) });

/** `caller` revokes `token`. */
export const revoke = (bureau: TestBureau, caller: OwnKey, token: string): Promise<Answer> =>
  postQuery(bureau, 'revoke', { token, ...authenticatedBy(caller) });

/** Makes an account with a key of its own in tenant `default`. */
export const createCaller = async (
  bureau: TestBureau,
  name: string,
  members: Readonly<Record<string, unknown>> = {},
): Promise<OwnKey> => {
  const created = await bureau.admin('POST', '/service-accounts', {
    name,
    owningTeam: 'default',
    useCase: 'custom-api-integration',
    key: { generate: 'ES256' },
    ...members,
  });
  if (created.status !== 201) throw new Error(`no account: ${JSON.stringify(created.body)}`);
  return ownKeyOf(created.body.credentials);
};

/** An access token for an account with a key of its own, whatever it asks for beside. */
export const tokenOf = async (
  bureau: TestBureau,
  key: OwnKey,
  more: Readonly<Record<string, string>> = {},
): Promise<string> =>
  issued(await bureau.token({ grant_type: 'client_credentials', ...authenticatedBy(key), ...more }));

/** An access token for the federated account of a test bureau. */
export const exchangedToken = async (
  bureau: TestBureau,
  more: Readonly<Record<string, string>> = {},
): Promise<string> =>
  issued(
    await bureau.token({
      grant_type: urn.tokenExchange,
      subject_token: await bureau.goodToken(),
      subject_token_type: urn.jwt,
      ...more,
    }),
  );

const issued = (answer: Answer): string => {
  if (answer.status !== 200) throw new Error(`no token: ${JSON.stringify(answer.body)}`);
  return answer.body.access_token as string;
};

/** The claims of a token, not verified. */
export const claimsOf = (token: string): Readonly<Record<string, unknown>> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
