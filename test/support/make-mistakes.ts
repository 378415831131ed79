// The mistakes people make with a token exchange, each made over HTTP against a test bureau.
import { randomUUID } from 'node:crypto';
import type { Answer, Credentials } from './bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from './fake-issuer.ts';
import { encodeSegment } from './jws.ts';
import { makeAssertion, type OwnKey, ownKeyOf } from './own-key.ts';
import { doors, openTestBureau, registered, type TestBureau, urn } from './test-bureau.ts';

type Members = Readonly<Record<string, unknown>>;

/** Issuers of the platforms, as they write themselves; their keys are pinned to those of the fake issuer. */
export const platforms = {
  github: 'https://token.actions.githubusercontent.com',
  gitlab: 'https://gitlab.com',
  eks: 'https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE',
  azureV1: 'https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/',
  azureV2: 'https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0',
  google: 'https://accounts.google.com',
  circleci: 'https://oidc.circleci.com/org/0b5d3a1c-1111-2222-3333-444455556666',
  buildkite: 'https://agent.buildkite.com',
  terraform: 'https://app.terraform.io',
  aws: 'https://0b5d3a1c-1111-2222-3333-444455556666.tokens.sts.global.api.aws',
  bitbucket: 'https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc',
} as const;

/** Accounts, each with one federation on a platform. */
const accounts: readonly (readonly [string, string, Members])[] = [
  ['github-environment', platforms.github, { subject: 'repo:acme/payments:environment:production' }],
  ['github-ids', platforms.github, { subject: 'repo:acme@1/api@2:ref:refs/heads/main' }],
  ['eks-default', platforms.eks, { subject: 'system:serviceaccount:webs:default' }],
  ['github-branch', platforms.github, { subject: 'repo:acme/web:ref:refs/heads/main' }],
  [
    'github-condition',
    platforms.github,
    {
      subject: 'repo:acme/tools:ref:refs/heads/main',
      conditions: [{ claim: 'repository_owner_id', equals: '8675309' }],
    },
  ],
  [
    'github-star',
    platforms.github,
    {
      subject: 'repo:acme/star:ref:refs/heads/main',
      conditions: [{ claim: 'workflow', equals: 'deploy-*' }],
    },
  ],
  ['gitlab', platforms.gitlab, { subject: 'project_path:acme/app:ref_type:branch:ref:main' }],
  ['eks', platforms.eks, { subject: 'system:serviceaccount:payments:api' }],
  ['azure', platforms.azureV2, { subject: '11111111-2222-3333-4444-555555555555' }],
  ['google', platforms.google, { subject: '104872910412387461234' }],
  ['circleci', platforms.circleci, { subject: 'org/0b5d/project/77aa/user/9c1e' }],
  [
    'buildkite',
    platforms.buildkite,
    { subject: 'organization:acme:pipeline:deploy:ref:refs/heads/main:commit:9f8e7d:step:publish' },
  ],
  [
    'terraform',
    platforms.terraform,
    { subject: 'organization:acme:project:web:workspace:prod:run_phase:plan' },
  ],
  ['aws', platforms.aws, { subject: 'arn:aws:sts::123456789012:assumed-role/deploy/session' }],
  ['bitbucket', platforms.bitbucket, { subject: '{7f3c}:{aaaa}' }],
];

/** A bureau with the registrations that the mistakes are made against. */
export interface MistakeWorld {
  readonly bureau: TestBureau;
  /** Of a service account with a key of its own. */
  readonly own: OwnKey;
  /** Its clock is five minutes ahead, in its tokens and in its answers. */
  readonly hasty: FakeIssuer;
  /** A cluster with an issuer of its own. */
  readonly cluster: FakeIssuer;
  close(): Promise<void>;
}

/** Seconds since 1970, now. */
export const now = (): number => Math.floor(Date.now() / 1000);

/** Opens one; `close` it. */
export const openMistakeWorld = async (): Promise<MistakeWorld> => {
  const hasty = await createFakeIssuer({ now: () => now() + 300 });
  hasty.setHeaders({ date: new Date(Date.now() + 300_000).toUTCString() });
  const cluster = await createFakeIssuer();
  const bureau = await openTestBureau({ allow: [hasty, cluster].map(({ host, port }) => `${host}:${port}`) });
  const keys = bureau.issuer.keys.map(({ jwk }) => jwk);
  for (const issuer of new Set(accounts.map(([, each]) => each)))
    await create(bureau, '/trusted-issuers', { issuer, jwks: { keys } });
  for (const [name, issuer, federation] of accounts)
    await createAccount(bureau, name, { issuer, ...federation });
  await createAccount(bureau, 'hasty', { ...at(hasty), subject: 'job' });
  await createAccount(bureau, 'cluster', { ...at(cluster), subject: 'system:serviceaccount:payments:api' });
  await createAccount(bureau, 'pattern', { ...at(cluster), subjectPattern: '^system:serviceaccount:jobs:*' });
  const { body } = await create(bureau, '/service-accounts', {
    ...accountBase('own'),
    key: { generate: 'ES256' },
  });
  return {
    bureau,
    own: ownKeyOf(body.credentials as Credentials),
    hasty,
    cluster,
    close: async () => {
      await Promise.all([bureau, hasty, cluster].map((part) => part.close()));
    },
  };
};

const at = ({ issuer, jwksUri }: FakeIssuer): Members => ({ issuer, jwksUri });

const accountBase = (name: string): Members => ({
  name,
  owningTeam: 'default',
  useCase: 'custom-api-integration',
  scopes: ['certificates:read', 'certificates:issue'],
});

const createAccount = (bureau: TestBureau, name: string, federation: Members): Promise<Answer> =>
  create(bureau, '/service-accounts', {
    ...accountBase(name),
    federations: [{ audience: registered.audience, ...federation }],
  });

const create = async (bureau: TestBureau, path: string, body: Members): Promise<Answer> => {
  const answer = await bureau.admin('POST', path, body);
  if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  return answer;
};

/** Sends a text as the subject token. */
export const exchangeText = ({ bureau }: MistakeWorld, text: string, form: Members = {}): Promise<Answer> =>
  bureau.token({
    grant_type: urn.tokenExchange,
    subject_token: text,
    subject_token_type: urn.jwt,
    ...(form as Record<string, string>),
  });

/** Exchanges a token of a platform. */
export const exchangeOf = async (
  world: MistakeWorld,
  issuer: string,
  claims: Members,
  { header = {}, form = {} }: { readonly header?: Members; readonly form?: Members } = {},
): Promise<Answer> => {
  const token = await world.bureau.goodToken({ iss: issuer, aud: registered.audience, ...claims }, header);
  return exchangeText(world, token, form);
};

/** Exchanges a token of one of the issuers that answer. */
export const exchangeFrom = async (
  world: MistakeWorld,
  issuer: FakeIssuer,
  claims: Members,
  header: Members = {},
): Promise<Answer> =>
  exchangeText(world, await issuer.signToken({ aud: registered.audience, ...claims }, header));

/** A good token of the cluster. */
export const clusterToken = ({ cluster }: MistakeWorld, claims: Members = {}): Promise<string> =>
  cluster.signToken({
    sub: 'system:serviceaccount:payments:api',
    aud: [registered.audience],
    'kubernetes.io': { namespace: 'payments' },
    ...claims,
  });

/** Signs in with an assertion of the account's own key. */
export const signIn = (
  { bureau, own }: MistakeWorld,
  claims: Members = {},
  header: Members = {},
): Promise<Answer> => bureau.token(doors[2]?.form(makeAssertion(own, claims, header)) ?? {});

/** A text that looks like a JWT with this header. */
export const forged = (header: Members, claims: Members = { sub: 'x' }): string =>
  `${encodeSegment(header)}.${encodeSegment(claims)}.${encodeSegment({ s: randomUUID() })}`;
