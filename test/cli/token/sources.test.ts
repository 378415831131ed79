import { describe, expect, it } from 'vitest';
import { chooseSource } from '../../../src/cli/token/choose-source.ts';
import { tokenSources } from '../../../src/cli/token/sources/index.ts';
import type { NamedSource } from '../../../src/cli/token/token-source.ts';
import { createFakeWorld, failureOf, fakeJwt, type FakeWorldOptions, networkError } from './fake-world.ts';

const audience = 'https://sts.example.com';
const jwt = fakeJwt();
const nothing: NamedSource = {
  subjectToken: null,
  subjectTokenFile: null,
  tokenVariable: null,
  credentials: null,
};
const idTokenUrl = 'https://vstoken.example/idtoken?api-version=2.0';
const gitlabUrl = 'https://gitlab.example.com';
const gitlabJwt = fakeJwt({ iss: gitlabUrl, aud: audience });
const apiTokenPath = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** A world in which a source has something, and the source is called as a pipeline would. */
const read = async (options: FakeWorldOptions, named: Partial<NamedSource> = {}) => {
  const world = createFakeWorld(options);
  const request = { named: { ...nothing, ...named }, platformAudience: audience, allowHttp: false };
  const { name, finding } = await chooseSource(world, request, null);
  if (finding.kind === 'own-key') return { name, where: finding.path, token: null, world, finding };
  const token = await finding.read(audience, world.now() + 60_000);
  return { name, where: finding.where, token, world, finding };
};

describe('each source gives the token of its platform', () => {
  const cases: readonly {
    readonly name: string;
    readonly title: string;
    readonly options: FakeWorldOptions;
    readonly named?: Partial<NamedSource>;
    readonly token?: string;
    readonly where: string;
    readonly renews: boolean;
  }[] = [
    {
      name: 'subject token',
      title: 'as it was typed',
      options: {},
      named: { subjectToken: jwt },
      where: 'the subject token',
      renews: false,
    },
    {
      name: 'subject token file',
      title: 'without the line end of the file',
      options: { files: { '/run/token': `${jwt}\n` } },
      named: { subjectTokenFile: '/run/token' },
      where: '/run/token',
      renews: true,
    },
    {
      name: 'subject token file',
      title: 'from stdin',
      options: { files: { '-': jwt } },
      named: { subjectTokenFile: '-' },
      where: 'stdin',
      renews: false,
    },
    {
      name: 'token variable',
      title: 'that was named',
      options: { environment: { MY_TOKEN: jwt } },
      named: { tokenVariable: 'MY_TOKEN' },
      where: 'the variable MY_TOKEN',
      renews: false,
    },
    {
      name: 'token variable',
      title: "BUREAU_ID_TOKEN, as GitLab's id_tokens may call it",
      options: { environment: { GITLAB_CI: 'true', BUREAU_ID_TOKEN: jwt } },
      where: 'the variable BUREAU_ID_TOKEN',
      renews: false,
    },
    {
      name: 'GitHub Actions',
      title: 'from the service the runner names',
      options: {
        environment: {
          GITHUB_ACTIONS: 'true',
          ACTIONS_ID_TOKEN_REQUEST_URL: idTokenUrl,
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-secret',
        },
        answer: () => Response.json({ value: jwt }),
      },
      where: 'the token service of GitHub Actions',
      renews: true,
    },
    {
      name: 'GitLab CI',
      title: 'the one variable with a token of this GitLab',
      options: {
        environment: {
          GITLAB_CI: 'true',
          CI_SERVER_URL: gitlabUrl,
          CI_JOB_TOKEN: gitlabJwt,
          OTHER: fakeJwt({ iss: 'https://elsewhere.example' }),
          NOISE: 'eyJ-not-a-token',
          STS_TOKEN: gitlabJwt,
        },
      },
      token: gitlabJwt,
      where: 'the variable STS_TOKEN',
      renews: false,
    },
    {
      name: 'GitLab CI',
      title: 'of several the one made out to this server',
      options: {
        environment: {
          GITLAB_CI: 'true',
          CI_SERVER_URL: gitlabUrl,
          VAULT_TOKEN: fakeJwt({ iss: gitlabUrl, aud: 'https://vault.example' }),
          STS_TOKEN: gitlabJwt,
        },
      },
      token: gitlabJwt,
      where: 'the variable STS_TOKEN',
      renews: false,
    },
    {
      name: 'Buildkite',
      title: 'from its agent',
      options: {
        environment: { BUILDKITE: 'true' },
        programs: { 'buildkite-agent': () => ({ stdout: `${jwt}\n` }) },
      },
      where: 'buildkite-agent',
      renews: true,
    },
    {
      name: 'CircleCI',
      title: 'from its program',
      options: {
        environment: { CIRCLECI: 'true', CIRCLE_OIDC_TOKEN_V2: fakeJwt({ sub: 'other' }) },
        programs: { circleci: () => ({ stdout: `${jwt}\n` }) },
      },
      where: 'circleci run oidc get',
      renews: true,
    },
    {
      name: 'CircleCI',
      title: 'from the variable where the program is missing',
      options: { environment: { CIRCLECI: 'true', CIRCLE_OIDC_TOKEN_V2: jwt } },
      where: 'the variable CIRCLE_OIDC_TOKEN_V2',
      renews: false,
    },
    {
      name: 'Kubernetes projected token',
      title: 'from where it is usually mounted',
      options: { files: { '/var/run/secrets/tokens/bureau': jwt, [apiTokenPath]: fakeJwt({ sub: 'api' }) } },
      where: '/var/run/secrets/tokens/bureau',
      renews: true,
    },
    {
      name: 'SPIFFE JWT-SVID',
      title: 'from the file that is named',
      options: { environment: { BUREAU_JWT_SVID_FILE: '/svid' }, files: { '/svid': jwt } },
      where: '/svid',
      renews: true,
    },
    {
      name: 'SPIFFE JWT-SVID',
      title: 'from where it usually is',
      options: { files: { '/run/spiffe/jwt_svid.token': jwt, [apiTokenPath]: fakeJwt({ sub: 'api' }) } },
      where: '/run/spiffe/jwt_svid.token',
      renews: true,
    },
    {
      name: 'Kubernetes API token',
      title: 'when there is nothing else',
      options: { environment: { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, files: { [apiTokenPath]: jwt } },
      where: apiTokenPath,
      renews: true,
    },
  ];
  it.each(cases)('§6 $name: $title', async ({ name, options, named, token = jwt, where, renews }) => {
    const found = await read(options, named);
    expect(found).toMatchObject({ name, where, token, finding: { renews } });
  });

  it('§6 credentials file: the path goes on to whoever reads it', async () => {
    expect(await read({}, { credentials: 'account.json' })).toMatchObject({
      name: 'credentials file',
      where: 'account.json',
      finding: { kind: 'own-key' },
    });
  });

  it('every source has a case', () => {
    expect([...new Set(cases.map(({ name }) => name)), 'credentials file'].sort()).toEqual(
      tokenSources.map(({ name }) => name).sort(),
    );
  });
});

describe('what each source asks its platform for', () => {
  it('GitHub Actions: the audience at the end of the address, and the bearer of the runner', async () => {
    const { world } = await read({
      environment: {
        ACTIONS_ID_TOKEN_REQUEST_URL: idTokenUrl,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-secret',
      },
      answer: () => Response.json({ value: jwt }),
    });
    expect(world.calls).toHaveLength(1);
    expect(world.calls[0]).toMatchObject({
      url: `${idTokenUrl}&audience=https%3A%2F%2Fsts.example.com`,
      method: 'GET',
      redirect: 'manual',
    });
    expect(world.calls[0]?.headers.get('authorization')).toBe('Bearer runner-secret');
  });

  it('Buildkite and CircleCI: the audience is an argument of its own', async () => {
    const buildkite = await read({
      environment: { BUILDKITE: 'true' },
      programs: { 'buildkite-agent': () => ({ stdout: jwt }) },
    });
    expect(buildkite.world.ran).toContain(`buildkite-agent oidc request-token --audience ${audience}`);
    const circleci = await read({
      environment: { CIRCLECI: 'true' },
      programs: { circleci: () => ({ stdout: jwt }) },
    });
    expect(circleci.world.ran).toContain(`circleci run oidc get --claims {"aud":"${audience}"}`);
  });

  it('a file is read anew each time, stdin once', async () => {
    let reads = 0;
    const files = { '/t': () => fakeJwt({ reads: ++reads }), '-': () => fakeJwt({ reads: ++reads }) };
    const file = await read({ files }, { subjectTokenFile: '/t' });
    if (file.finding.kind === 'own-key') throw new Error('no');
    expect(await file.finding.read(audience, 0)).not.toBe(file.token);
    const stdin = await read({ files }, { subjectTokenFile: '-' });
    if (stdin.finding.kind === 'own-key') throw new Error('no');
    expect(await stdin.finding.read(audience, 0)).toBe(stdin.token);
  });
});

describe('the order of the sources', () => {
  const everything: FakeWorldOptions = {
    environment: {
      BUREAU_ID_TOKEN: jwt,
      ACTIONS_ID_TOKEN_REQUEST_URL: idTokenUrl,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
      GITLAB_CI: 'true',
      CI_SERVER_URL: gitlabUrl,
      STS_TOKEN: gitlabJwt,
      BUILDKITE: 'true',
      CIRCLECI: 'true',
    },
    files: {
      '/t': jwt,
      '/var/run/secrets/bureau/token': jwt,
      '/run/spiffe/jwt_svid.token': jwt,
      [apiTokenPath]: jwt,
    },
    programs: { 'buildkite-agent': () => ({ stdout: jwt }), circleci: () => ({ stdout: jwt }) },
  };
  const named = { subjectToken: jwt, subjectTokenFile: '/t', tokenVariable: null, credentials: '/c' };

  it('the table is asked from the top', async () => {
    const world = createFakeWorld(everything);
    const request = { named, platformAudience: audience, allowHttp: false };
    const order: string[] = [];
    for (let rest = tokenSources; rest.length > 0; ) {
      const { name } = await chooseSource(world, request, null, rest);
      order.push(name);
      rest = rest.slice(rest.findIndex((source) => source.name === name) + 1);
    }
    expect(order).toEqual([
      'subject token',
      'subject token file',
      'token variable',
      'credentials file',
      'GitHub Actions',
      'GitLab CI',
      'Buildkite',
      'CircleCI',
      'Kubernetes projected token',
      'SPIFFE JWT-SVID',
      'Kubernetes API token',
    ]);
  });

  it('the API token of the cluster is not taken where a CI merely lacks a permission', async () => {
    const options = { environment: { GITHUB_ACTIONS: 'true' }, files: { [apiTokenPath]: jwt } };
    const { code, text } = await failureOf(read(options));
    expect(code).toBe(2);
    expect(text).toContain('id-token: write');
    expect((await read({ ...options, environment: {} })).name).toBe('Kubernetes API token');
  });

  it('the API token of the cluster, and the token for the organisation, come with a warning', async () => {
    for (const options of [
      { files: { [apiTokenPath]: jwt } },
      { environment: { CIRCLECI: 'true', CIRCLE_OIDC_TOKEN_V2: jwt } },
    ]) {
      const { finding } = await read(options);
      expect(finding).toHaveProperty('warning', expect.stringMatching(/audience|made out/));
    }
    const { finding } = await read({ files: { '/var/run/secrets/bureau/token': jwt } });
    expect(finding).not.toHaveProperty('warning');
  });
});

describe('what a source lacks', () => {
  it.each([
    ['nothing at all', {}, /Kubernetes API token: nothing at/],
    [
      'GitHub without permission',
      { GITHUB_ACTIONS: 'true' },
      /^\* GitHub Actions: .*permissions: id-token: write/m,
    ],
    [
      'GitHub with an address and no bearer',
      { GITHUB_ACTIONS: 'true', ACTIONS_ID_TOKEN_REQUEST_URL: idTokenUrl },
      /^\* GitHub Actions/m,
    ],
    [
      'GitLab without id_tokens',
      { GITLAB_CI: 'true', CI_SERVER_URL: gitlabUrl, CI_JOB_TOKEN: gitlabJwt },
      /^\* GitLab CI: .*id_tokens: \{ BUREAU_ID_TOKEN: \{ aud: https:\/\/sts\.example\.com \} \}/m,
    ],
    [
      'Buildkite without its agent',
      { BUILDKITE: 'true' },
      /^\* Buildkite: .*buildkite-agent is not in the PATH/m,
    ],
    ['CircleCI without anything', { CIRCLECI: 'true' }, /^\* CircleCI: .*CIRCLE_OIDC_TOKEN_V2 is not set/m],
    [
      'a pod without any token',
      { KUBERNETES_SERVICE_HOST: '10.0.0.1' },
      /^\* Kubernetes API token: .*projected serviceAccountToken for https:\/\/sts/m,
    ],
  ])('%s: exit 2, and a line that says so', async (_title, environment, line) => {
    const { code, text } = await failureOf(read({ environment }));
    expect(code).toBe(2);
    expect(text).toMatch(line);
    for (const { name } of tokenSources) expect(text).toContain(`${name}: `);
  });

  it.each([
    ['no file', { subjectTokenFile: '/nix' }, {}, /no subject token file \/nix/],
    ['an empty file', { subjectTokenFile: '/t' }, { files: { '/t': '\n' } }, /\/t is empty/],
    ['no JWT', { subjectToken: 'opaque-secret-value' }, {}, /holds no JWT/],
    ['JSON around it', { subjectToken: JSON.stringify({ value: jwt }) }, {}, /holds no JWT/],
    ['a token longer than 16 KiB', { subjectToken: `${jwt}${'x'.repeat(16_400)}` }, {}, /longer/],
    ['a variable that is not set', { tokenVariable: 'NIX' }, {}, /NIX is not set/],
    [
      'a JWT-SVID file that is not there',
      {},
      { environment: { BUREAU_JWT_SVID_FILE: '/nix' } },
      /BUREAU_JWT_SVID_FILE names \/nix/,
    ],
  ])('%s: exit 2, and the text is not shown', async (_title, named, options, line) => {
    const { code, text } = await failureOf(read(options, named));
    expect(code).toBe(2);
    expect(text).toMatch(line);
    expect(text).not.toMatch(/opaque-secret|eyJ/);
  });

  it('GitLab with several tokens, none of them for this server: their names, and the question', async () => {
    const other = (aud: string): string => fakeJwt({ iss: gitlabUrl, aud });
    const environment = { GITLAB_CI: 'true', CI_SERVER_URL: gitlabUrl, ONE: other('a'), TWO: other('b') };
    const { code, text } = await failureOf(read({ environment }));
    expect(code).toBe(2);
    expect(text).toMatch(/ONE, TWO\n.*--token-variable/);
  });
});

describe('GitHub Actions, when its service does not answer well', () => {
  const environment = {
    ACTIONS_ID_TOKEN_REQUEST_URL: idTokenUrl,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-secret',
  };
  const failing = (count: number, bad: () => Response | Error): FakeWorldOptions => ({
    environment,
    answer: (_call, seen) => (seen <= count ? bad() : Response.json({ value: jwt })),
  });

  it.each([
    ['503', () => new Response('', { status: 503 })],
    ['429', () => new Response('', { status: 429, headers: { 'retry-after': '2' } })],
    ['500', () => new Response('', { status: 500 })],
    ['a cut connection', () => networkError('ECONNRESET')],
  ])('%s twice: asked again', async (_title, bad) => {
    const { token, world } = await read(failing(2, bad));
    expect(token).toBe(jwt);
    expect(world.calls).toHaveLength(3);
  });

  it.each([
    ['503 for ever', () => new Response('', { status: 503 }), 3, 5],
    ['401', () => new Response('', { status: 401 }), 1, 1],
    ['a redirect', () => new Response('', { status: 302, headers: { location: 'https://x' } }), 1, 1],
    ['no value', () => Response.json({}), 3, 1],
  ])('%s: exit code and number of tries', async (_title, bad, code, tries) => {
    const world = createFakeWorld(failing(99, bad));
    const request = { named: nothing, platformAudience: audience, allowHttp: false };
    const { finding } = await chooseSource(world, request, null);
    if (finding.kind === 'own-key') throw new Error('no');
    const failure = await failureOf(finding.read(audience, world.now() + 3_600_000));
    expect(failure.code).toBe(code);
    expect(world.calls).toHaveLength(tries);
    expect(`${failure.text}${world.err()}`).not.toContain('runner-secret');
  });

  it('its bearer is not sent over plain http to another machine', async () => {
    const options = {
      environment: { ...environment, ACTIONS_ID_TOKEN_REQUEST_URL: 'http://evil.example/x' },
    };
    expect((await failureOf(read(options))).code).toBe(2);
  });

  it('Buildkite: what its agent says is shown in one line, without a token', async () => {
    const options: FakeWorldOptions = {
      environment: { BUILDKITE: 'true' },
      programs: {
        'buildkite-agent': (args) => (args[0] === 'oidc' ? { code: 1, stderr: `fatal: ##[x]\n${jwt}` } : {}),
      },
    };
    expect(await failureOf(read(options))).toEqual({
      code: 1,
      text: 'refused: buildkite-agent gave no token: fatal: ## [x] [token]',
    });
  });
});

describe('a variable that is named', () => {
  it.each(['constructor', '__proto__', 'toString', 'NOT_SET'])('%s is not set: exit 2', async (name) => {
    const { code, text } = await failureOf(read({ environment: {} }, { tokenVariable: name }));
    expect({ code, text }).toEqual({ code: 2, text: `the variable ${name} is not set` });
  });

  it('constructor may be set', async () => {
    const { token } = await read({ environment: { constructor: jwt } }, { tokenVariable: 'constructor' });
    expect(token).toBe(jwt);
  });
});
