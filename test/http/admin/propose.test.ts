import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AdminReply,
  type AdminServer,
  type Json,
  messagesOf,
  startAdminServer,
} from '../../support/admin-server.ts';
import { encodeSegment } from '../../support/jws.ts';

const path = '/api/v1/service-accounts:propose';
const now = 1_800_000_000;

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.close());

const propose = (body: Json): Promise<AdminReply> => server.request('POST', path, { body });
const federationOf = (reply: AdminReply): Json =>
  ((reply.body['proposal'] as Json)['federations'] as readonly Json[])[0] ?? {};
const codesOf = (reply: AdminReply): readonly unknown[] =>
  (reply.body['warnings'] as readonly Json[]).map(({ code }) => code);
const textOf = (reply: AdminReply, name: 'advice' | 'notes'): string =>
  (reply.body[name] as readonly string[]).join('\n');

const buildJws = (header: Json, claims: Json): string =>
  [encodeSegment(header), encodeSegment(claims), encodeSegment('signature of nobody')].join('.');

const uuid = '11111111-2222-3333-4444-555555555555';
const audience = 'https://sts.example.com';

/** Tokens as the platforms make them (clients.md §10), and the federation that each suggests. */
const platforms: readonly {
  readonly platform: string;
  readonly preset: string | null;
  readonly claims: Json;
  readonly federation: Json;
  readonly warnings?: readonly string[];
  readonly advice?: RegExp;
}[] = [
  {
    platform: 'GitHub Actions',
    preset: 'github-actions',
    claims: {
      iss: 'https://token.actions.githubusercontent.com',
      sub: 'repo:acme/payments:environment:production',
      aud: audience,
      exp: now + 300,
      repository: 'acme/payments',
      repository_id: '1296269',
      repository_owner: 'acme',
      repository_owner_id: '8675309',
      ref: 'refs/heads/main',
      jti: 'x',
    },
    federation: {
      issuer: 'https://token.actions.githubusercontent.com',
      jwksUri: 'https://token.actions.githubusercontent.com/.well-known/jwks',
      subject: 'repo:acme/payments:environment:production',
      audience,
      conditions: [
        { claim: 'repository_owner_id', equals: '8675309' },
        { claim: 'repository_id', equals: '1296269' },
      ],
    },
    warnings: [],
  },
  {
    platform: 'GitHub Actions with the audience nobody asked for',
    preset: 'github-actions',
    claims: {
      iss: 'https://token.actions.githubusercontent.com',
      sub: 'repo:acme@8675309/payments@1296269:pull_request',
      aud: 'https://github.com/acme',
    },
    federation: {
      issuer: 'https://token.actions.githubusercontent.com',
      subject: 'repo:acme@8675309/payments@1296269:pull_request',
      audience,
      conditions: [],
    },
    warnings: [],
    advice: /core\.getIDToken\('https:\/\/sts\.example\.com'\)/,
  },
  {
    platform: 'GitHub Enterprise Server',
    preset: 'ghes',
    claims: {
      iss: 'https://ghes.acme.example/_services/token',
      sub: 'repo:acme/payments:ref:refs/heads/main',
      aud: audience,
      repository_owner_id: '1',
      repository_id: '2',
    },
    federation: {
      issuer: 'https://ghes.acme.example/_services/token',
      subject: 'repo:acme/payments:ref:refs/heads/main',
      audience,
      conditions: [
        { claim: 'repository_owner_id', equals: '1' },
        { claim: 'repository_id', equals: '2' },
      ],
    },
    warnings: [],
  },
  {
    platform: 'GitLab.com',
    preset: 'gitlab',
    claims: {
      iss: 'https://gitlab.com',
      sub: 'project_path:acme/payments:ref_type:branch:ref:main',
      aud: audience,
      namespace_id: '72',
      project_id: '20',
      project_path: 'acme/payments',
      pipeline_id: '574',
    },
    federation: {
      issuer: 'https://gitlab.com',
      jwksUri: 'https://gitlab.com/oauth/discovery/keys',
      subject: 'project_path:acme/payments:ref_type:branch:ref:main',
      audience,
      conditions: [
        { claim: 'namespace_id', equals: '72' },
        { claim: 'project_id', equals: '20' },
      ],
    },
    warnings: ['lifetime_near_limit'],
  },
  {
    platform: 'a GitLab of one’s own, known by what its tokens look like',
    preset: 'gitlab',
    claims: {
      iss: 'https://gitlab.acme.example',
      sub: 'project_path:acme/payments:ref_type:branch:ref:main',
      aud: 'https://gitlab.acme.example',
      namespace_id: '72',
      project_id: '20',
      project_path: 'acme/payments',
      pipeline_id: '574',
    },
    federation: {
      issuer: 'https://gitlab.acme.example',
      subject: 'project_path:acme/payments:ref_type:branch:ref:main',
      audience: 'https://gitlab.acme.example',
      conditions: [
        { claim: 'namespace_id', equals: '72' },
        { claim: 'project_id', equals: '20' },
      ],
    },
    warnings: [],
  },
  {
    platform: 'Kubernetes, a projected token',
    preset: 'kubernetes',
    claims: {
      iss: 'https://kubernetes.default.svc.cluster.local',
      sub: 'system:serviceaccount:payments:api',
      aud: [audience],
      'kubernetes.io': { namespace: 'payments', serviceaccount: { name: 'api', uid: uuid } },
    },
    federation: {
      issuer: 'https://kubernetes.default.svc.cluster.local',
      subject: 'system:serviceaccount:payments:api',
      audience,
      conditions: [],
    },
    warnings: ['recycled_name'],
  },
  {
    platform: 'Kubernetes, the token every pod has',
    preset: 'kubernetes',
    claims: {
      iss: 'https://kubernetes.default.svc.cluster.local',
      sub: 'system:serviceaccount:payments:web',
      aud: ['https://kubernetes.default.svc.cluster.local', 'k3s'],
      iat: now,
      exp: now + 31_536_000,
    },
    federation: { subject: 'system:serviceaccount:payments:web' },
    warnings: ['lifetime_over_limit', 'recycled_name'],
    advice: /projected service account token/,
  },
  {
    platform: 'Amazon EKS, the token of its webhook',
    preset: 'eks',
    claims: {
      iss: 'https://oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF',
      sub: 'system:serviceaccount:payments:api',
      aud: ['sts.amazonaws.com'],
      iat: now,
      exp: now + 86_400,
    },
    federation: { subject: 'system:serviceaccount:payments:api', audience },
    warnings: ['lifetime_over_limit', 'recycled_name'],
    advice: /projected/,
  },
  {
    platform: 'AWS STS',
    preset: 'aws-sts',
    claims: {
      iss: 'https://a1b2.tokens.sts.global.api.aws',
      sub: 'arn:aws:iam::123456789012:role/deploy',
      aud: audience,
      'https://sts.amazonaws.com/': { aws_account: '123456789012' },
    },
    federation: {
      issuer: 'https://a1b2.tokens.sts.global.api.aws',
      subject: 'arn:aws:iam::123456789012:role/deploy',
      audience,
      conditions: [{ claim: '/https:~1~1sts.amazonaws.com~1/aws_account', equals: '123456789012' }],
    },
    warnings: [],
  },
  {
    platform: 'Microsoft Entra v2, a managed identity',
    preset: 'azure-v2',
    claims: {
      iss: `https://login.microsoftonline.com/${uuid}/v2.0`,
      sub: '99999999-2222-3333-4444-555555555555',
      aud: 'api://AzureADTokenExchange',
      tid: uuid,
      iat: now,
      exp: now + 86_700,
    },
    federation: {
      subject: '99999999-2222-3333-4444-555555555555',
      audience,
      conditions: [{ claim: 'tid', equals: uuid }],
    },
    warnings: ['lifetime_over_limit'],
    advice: /another service/,
  },
  {
    platform: 'Microsoft Entra v1',
    preset: 'azure-v1',
    claims: { iss: `https://sts.windows.net/${uuid}/`, sub: uuid, aud: 'api://bureau', tid: uuid },
    federation: {
      issuer: `https://sts.windows.net/${uuid}/`,
      subject: uuid,
      audience: 'api://bureau',
      conditions: [{ claim: 'tid', equals: uuid }],
    },
    warnings: ['lifetime_near_limit'],
  },
  {
    platform: 'Google',
    preset: 'google',
    claims: {
      iss: 'https://accounts.google.com',
      sub: '117234567890123456789',
      aud: audience,
      azp: '117234567890123456789',
      email: 'deploy@acme.iam.gserviceaccount.com',
    },
    federation: {
      issuer: 'https://accounts.google.com',
      jwksUri: 'https://www.googleapis.com/oauth2/v3/certs',
      subject: '117234567890123456789',
      audience,
      conditions: [{ claim: 'email', equals: 'deploy@acme.iam.gserviceaccount.com' }],
    },
    warnings: [],
  },
  {
    platform: 'CircleCI, whose subject names the user',
    preset: 'circleci',
    claims: {
      iss: `https://oidc.circleci.com/org/${uuid}`,
      sub: `org/${uuid}/project/${uuid}/user/${uuid}`,
      aud: uuid,
      'oidc.circleci.com/project-id': uuid,
      'oidc.circleci.com/vcs-ref': 'refs/heads/main',
    },
    federation: {
      issuer: `https://oidc.circleci.com/org/${uuid}`,
      subjectPattern: `org/${uuid}/project/${uuid}/*`,
      audience: uuid,
      conditions: [{ claim: 'oidc.circleci.com/project-id', equals: uuid }],
    },
    warnings: ['pattern_wider_than_it_seems'],
  },
  {
    platform: 'Buildkite, whose subject names the commit',
    preset: 'buildkite',
    claims: {
      iss: 'https://agent.buildkite.com',
      sub: 'organization:acme:pipeline:deploy:ref:refs/heads/main:commit:9f3182061f1e2cca4702c368cbc039b7dc9d4485:step:x',
      aud: 'https://buildkite.com/acme',
      organization_id: uuid,
      pipeline_id: uuid,
    },
    federation: {
      issuer: 'https://agent.buildkite.com',
      subjectPattern: 'organization:acme:pipeline:deploy:*',
      conditions: [
        { claim: 'organization_id', equals: uuid },
        { claim: 'pipeline_id', equals: uuid },
      ],
    },
    warnings: ['pattern_wider_than_it_seems'],
  },
  {
    platform: 'HCP Terraform',
    preset: 'terraform-cloud',
    claims: {
      iss: 'https://app.terraform.io',
      sub: 'organization:acme:project:web:workspace:prod:run_phase:apply',
      aud: 'aws.workload.identity',
      terraform_organization_id: 'org-1',
      terraform_workspace_id: 'ws-1',
      terraform_run_phase: 'apply',
    },
    federation: {
      subject: 'organization:acme:project:web:workspace:prod:run_phase:apply',
      audience,
      conditions: [
        { claim: 'terraform_organization_id', equals: 'org-1' },
        { claim: 'terraform_workspace_id', equals: 'ws-1' },
      ],
    },
    warnings: ['lifetime_near_limit'],
    advice: /TFC_WORKLOAD_IDENTITY_AUDIENCE to https:\/\/sts\.example\.com/,
  },
  {
    platform: 'Bitbucket Pipelines, whose subject names the step',
    preset: 'bitbucket',
    claims: {
      iss: 'https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc',
      sub: `{${uuid}}:{99999999-2222-3333-4444-555555555555}`,
      aud: 'ari:cloud:bitbucket::workspace/1',
      repositoryUuid: `{${uuid}}`,
    },
    federation: {
      subjectPattern: `{${uuid}}:*`,
      audience,
      conditions: [{ claim: 'repositoryUuid', equals: `{${uuid}}` }],
    },
    warnings: ['pattern_wider_than_it_seems'],
  },
  {
    platform: 'SPIRE with an issuer of its own',
    preset: 'spire',
    claims: {
      iss: 'https://oidc-discovery.example.org',
      sub: 'spiffe://example.org/ns/payments/sa/api',
      aud: [audience],
    },
    federation: {
      issuer: 'https://oidc-discovery.example.org',
      subject: 'spiffe://example.org/ns/payments/sa/api',
      audience,
      conditions: [],
    },
    warnings: [],
  },
  {
    platform: 'Vercel',
    preset: 'vercel',
    claims: {
      iss: 'https://oidc.vercel.com/acme',
      sub: 'owner:acme:project:web:environment:production',
      aud: 'https://vercel.com/acme',
      owner_id: 'team_1',
      project_id: 'prj_1',
    },
    federation: {
      subject: 'owner:acme:project:web:environment:production',
      audience,
      conditions: [
        { claim: 'owner_id', equals: 'team_1' },
        { claim: 'project_id', equals: 'prj_1' },
      ],
    },
    warnings: [],
  },
  {
    platform: 'a provider nobody knows',
    preset: null,
    claims: { iss: 'https://issuer.example.org', sub: 'user-4711', aud: 'bureau', groups: ['a'] },
    federation: {
      issuer: 'https://issuer.example.org',
      subject: 'user-4711',
      audience: 'bureau',
      conditions: [],
    },
    warnings: [],
  },
];

describe('§3 paste a token, get a registration', () => {
  it.each(platforms)('$platform', async ({ preset, claims, federation, warnings = [], advice = /(?:)/ }) => {
    const reply = await propose({ claims });
    expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
    expect((reply.body['preset'] as Json | null)?.['name'] ?? null).toBe(preset);
    expect(federationOf(reply)).toMatchObject(federation);
    expect(codesOf(reply)).toEqual(warnings);
    expect(textOf(reply, 'advice')).toMatch(advice);
    expect(textOf(reply, 'notes')).not.toContain('is refused');

    // Exactly a body that the other operation takes.
    const created = await server.request('POST', '/api/v1/service-accounts', {
      body: reply.body['proposal'],
    });
    expect([created.status, created.text]).toEqual([201, expect.any(String)]);
    const lintOfSaved = (created.body['warnings'] as readonly Json[]).map(({ code }) => code);
    expect(lintOfSaved).toEqual(
      expect.arrayContaining(warnings.filter((code) => code !== 'lifetime_over_limit')),
    );
  });

  it('a JWT-SVID without iss asks for its trust domain first', async () => {
    const claims = { sub: 'spiffe://workloads.example/ns/payments/sa/api', aud: [audience], exp: now };
    const reply = await propose({ claims });
    expect(federationOf(reply)).toMatchObject({
      issuer: 'spiffe://workloads.example',
      subject: 'spiffe://workloads.example/ns/payments/sa/api',
    });
    expect(reply.body['trustedIssuer']).toEqual({ known: false, id: null, jwksUri: null, how: null });
    expect(reply.body['verification']).toContain('bundle endpoint');
    const td = await server.request('POST', '/api/v1/trusted-issuers', {
      body: {
        issuer: 'spiffe://workloads.example',
        bundleEndpointUrl: 'https://workloads.example/bundle.json',
        bundleEndpointProfile: 'https_web',
      },
    });
    expect(td.status).toBe(201);
    const known = await propose({ claims });
    expect(known.body['trustedIssuer']).toMatchObject({ known: true, id: td.body['id'], how: 'registered' });
    const created = await server.request('POST', '/api/v1/service-accounts', {
      body: known.body['proposal'],
    });
    expect([created.status, created.text]).toEqual([201, expect.any(String)]);
  });

  it('takes over what is known of the account, and finds a free name', async () => {
    const claims = { iss: 'https://names.example.org', sub: 'team/api', aud: audience };
    const said = { name: 'mine', description: 'd', scopes: ['a:b'], audiences: ['https://api.example.com'] };
    expect((await propose({ claims, ...said })).body['proposal']).toMatchObject({
      ...said,
      owningTeam: 'default',
      useCase: 'custom-api-integration',
    });
    const nameOf = async () => ((await propose({ claims })).body['proposal'] as Json)['name'];
    expect(await nameOf()).toBe('team-api');
    await server.request('POST', '/api/v1/service-accounts', {
      body: { name: 'team-api', owningTeam: 'default', useCase: 'custom-api-integration' },
    });
    expect(await nameOf()).toBe('team-api-2');
  });

  it('names the accounts that match already', async () => {
    const claims = { iss: 'https://matching.example.org', sub: 'team:api', aud: audience };
    expect((await propose({ claims })).body['matching']).toEqual([]);
    const made = await server.request('POST', '/api/v1/service-accounts', {
      body: (await propose({ claims, name: 'the-one' })).body['proposal'],
    });
    const registered = await propose({ claims });
    expect(registered.body['matching']).toEqual([{ id: made.body['id'], name: 'the-one', accepts: true }]);
    expect(codesOf(registered)).toEqual(['overlap']);
    expect(registered.body['trustedIssuer']).toMatchObject({ known: true, how: 'registered' });
    expect(federationOf(registered)).not.toHaveProperty('jwksUri');
    const elsewhere = await propose({ claims: { ...claims, aud: 'other' } });
    expect(elsewhere.body['matching']).toEqual([{ id: made.body['id'], name: 'the-one', accepts: false }]);
  });

  it('A107 knows nothing of another tenant: neither its issuers nor its accounts', async () => {
    const claims = { iss: 'https://theirs.example.org', sub: 'team:api', aud: audience };
    const theirs = await server.request('POST', '/t/acme/api/v1/service-accounts:propose', {
      as: 'administrator~acme',
      body: { claims, name: 'their-own' },
    });
    await server.request('POST', '/t/acme/api/v1/service-accounts', {
      as: 'administrator~acme',
      body: theirs.body['proposal'],
    });
    const ours = await propose({ claims });
    expect(ours.body).toMatchObject({ matching: [], warnings: [], trustedIssuer: { known: false } });
    expect(ours.text).not.toContain('their-own');
  });

  it.each([
    ['neither token nor claims', {}, /one of the two/],
    ['both', { token: 'a.b.c', claims: {} }, /one of the two/],
    ['a text that is no token', { token: 'ghs_0123456789' }, /.+/],
    ['claims without sub', { claims: { iss: 'https://issuer.example.org', aud: 'x' } }, /sub/],
    ['claims without iss', { claims: { sub: 'x', aud: 'x' } }, /iss/],
    ['an http issuer', { claims: { iss: 'http://issuer.example.org', sub: 'x', aud: 'x' } }, /https/],
    ['our own token', { claims: { iss: audience, sub: 'x', aud: 'x' } }, /never exchanged/],
    [
      'our own JWT-SVID',
      { claims: { iss: `${audience}/spiffe`, sub: 'spiffe://x.example/a', aud: 'x' } },
      /never exchanged/,
    ],
    [
      'the token of an old Kubernetes Secret',
      { claims: { iss: 'kubernetes/serviceaccount', sub: 'system:serviceaccount:a:b' } },
      /no https URL/,
    ],
    ['an assertion of an own key', { claims: { iss: uuid, sub: uuid, aud: audience } }, /key of its own/],
  ])('ST-29 refuses %s', async (_what, body, sentence) => {
    const reply = await propose(body);
    expect([reply.status, reply.body['code']]).toEqual([422, 'invalid']);
    expect(messagesOf(reply)).toMatch(sentence);
  });

  it('A102 a token is never said again, whatever becomes of it', async () => {
    const good = buildJws(
      { alg: 'RS256', kid: 'k' },
      { iss: 'https://tokens.example.org', sub: 'x', aud: 'y' },
    );
    const hmac = buildJws({ alg: 'HS256' }, { iss: 'https://tokens.example.org', sub: 'x', aud: 'y' });
    const taken = await propose({ token: good });
    expect(taken.status).toBe(200);
    expect(taken.body).toMatchObject({
      verified: false,
      verification: expect.stringContaining('Discovery failed'),
    });
    const refused = await propose({ token: hmac });
    expect([refused.status, messagesOf(refused)]).toEqual([422, expect.stringContaining('HMAC')]);
    for (const [token, reply] of [
      [good, taken],
      [hmac, refused],
    ] as const)
      for (const part of token.split('.').filter((each) => each.length > 8))
        expect(reply.text).not.toContain(part);
  });

  it('ST-28 says when the header alone would refuse the token', async () => {
    const claims = { iss: 'https://headers.example.org', sub: 'x', aud: 'y' };
    const notesOf = async (typ: string) =>
      textOf(await propose({ token: buildJws({ alg: 'ES256', typ }, claims) }), 'notes');
    expect(await notesOf('at+jwt')).toContain('allowAccessTokenType');
    expect(await notesOf('JWT')).not.toContain('refused');
  });

  it('A46 fetches nothing from an address that is not public, and says so', async () => {
    const reply = await propose({ claims: { iss: 'https://169.254.169.254', sub: 'x', aud: 'y' } });
    expect(reply.status).toBe(200);
    expect(reply.body['trustedIssuer']).toMatchObject({ how: null });
    expect(reply.body['verification']).toContain('not fetched');
  });

  it('leaves no trace: no account, no issuer, no activity', async () => {
    const before = await server.storage.activities.list('default', {}, { limit: 200, cursor: null });
    const issuers = await server.storage.trustedIssuers.list('default', { limit: 200, cursor: null });
    const forgotten = server.forgottenIssuers.length;
    await propose({ claims: { iss: 'https://traceless.example.org', sub: 'x', aud: 'y' } });
    // What was fetched for it is let go: an issuer that is not registered stays in no memory.
    expect(server.forgottenIssuers.length).toBeGreaterThan(forgotten);
    expect(await server.storage.activities.list('default', {}, { limit: 200, cursor: null })).toEqual(before);
    expect(await server.storage.trustedIssuers.list('default', { limit: 200, cursor: null })).toEqual(
      issuers,
    );
  });
});

describe('AD-07 the path of the operation', () => {
  it('is one segment with a colon, for every tenant, and has POST alone', async () => {
    const claims = { iss: 'https://tokens.example.org', sub: 'x', aud: 'y' };
    const elsewhere = await server.request('POST', '/t/acme/api/v1/service-accounts:propose', {
      as: 'administrator~acme',
      body: { claims },
    });
    expect(elsewhere.status).toBe(200);
    expect(federationOf(elsewhere)['audience']).toBe('y');
    const get = await server.request('GET', path);
    expect([get.status, get.headers['allow']]).toEqual([405, 'POST']);
    expect((await server.request('POST', '/api/v1/service-accounts:other', { body: {} })).status).toBe(404);
  });
});

describe('a proposal that a create would refuse says so', () => {
  const refusals: readonly [string, Json, RegExp][] = [
    [
      'a trust domain nobody registered',
      { sub: 'spiffe://nowhere.example/api', aud: audience },
      /trust domain/,
    ],
    ['a metadata address', { iss: 'https://169.254.169.254', sub: 'x', aud: audience }, /nothing is fetched/],
    [
      'a subject that is too long',
      { iss: 'https://long.example', sub: 'x'.repeat(3000), aud: audience },
      /\/federations\/0\/subject/,
    ],
  ];
  it.each(refusals)('%s', async (_what, claims, expected) => {
    const proposal = await propose({ claims });
    expect(proposal.status).toBe(200);
    const created = await server.request('POST', '/api/v1/service-accounts', {
      body: { ...(proposal.body['proposal'] as Json), name: 'refused' },
    });
    expect(created.status).toBe(422);
    const notes = textOf(proposal, 'notes');
    expect(notes).toMatch(expected);
    for (const { path: member } of created.body['errors'] as readonly { path: string }[])
      expect(notes).toContain(member);
    expect(notes).not.toContain('BUREAU_OUTBOUND_ALLOW');
  });

  it('the control: one that a create takes has no such note, and nothing of it was stored', async () => {
    const claims = { iss: 'https://fine.example', sub: 'x', aud: audience };
    const proposal = await propose({ claims });
    expect(textOf(proposal, 'notes')).not.toContain('refused');
    expect((await server.request('GET', '/api/v1/trusted-issuers')).text).not.toContain('fine.example');
    const created = await server.request('POST', '/api/v1/service-accounts', {
      body: proposal.body['proposal'],
    });
    expect(created.status).toBe(201);
  });
});
