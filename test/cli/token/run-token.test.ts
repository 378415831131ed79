import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { addTokenCommand } from '../../../src/cli/commands/token.ts';
import { tokenSources } from '../../../src/cli/token/sources/index.ts';
import { runToken } from '../../../src/cli/token/run-token.ts';
import type { TokenOptions } from '../../../src/cli/token/token-request.ts';
import { Command } from 'commander';
import {
  createFakeWorld,
  failureOf,
  fakeJwt,
  type FakeWorldOptions,
  type SeenCall,
  tokenAnswer,
} from './fake-world.ts';

const server = 'https://sts.example.com';
const jwt = fakeJwt();

/** A server with a discovery document and a token endpoint, and a world around it. */
const run = async (
  options: TokenOptions,
  world: FakeWorldOptions = {},
  token: (call: SeenCall, count: number) => Response = () => tokenAnswer(),
) => {
  let tokens = 0;
  const context = createFakeWorld({
    ...world,
    answer: (call, count) => {
      const issuer = /^(.+)\/\.well-known\/openid-configuration$/.exec(call.url)?.[1];
      if (issuer !== undefined) return Response.json({ issuer, token_endpoint: `${issuer}/token` });
      return call.url.endsWith('/token')
        ? token(call, ++tokens)
        : (world.answer?.(call, count) ?? new Response('', { status: 404 }));
    },
  });
  const ended = runToken(context, options).then(
    () => null,
    (error: unknown) => error,
  );
  return {
    context,
    error: await ended,
    forms: () =>
      context.calls.filter(({ url }) => url.endsWith('/token')).map(({ form }) => Object.fromEntries(form)),
  };
};

describe('bureau token (contract §6)', () => {
  it('a platform token goes through token exchange, and the token alone to stdout', async () => {
    const { context, error, forms } = await run({ server, subjectToken: jwt });
    expect(error).toBeNull();
    expect(context.out()).toBe('the.access.token\n');
    expect(context.err()).toBe('');
    expect(forms()).toEqual([
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: jwt,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      },
    ]);
  });

  it('every option of the request is sent', async () => {
    const { forms } = await run({
      server,
      subjectToken: jwt,
      subjectTokenType: 'id_token',
      audience: 'https://api.example.com',
      scope: 'read write',
      clientId: 'account-1',
    });
    expect(forms()).toEqual([
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: jwt,
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        audience: 'https://api.example.com',
        scope: 'read write',
        client_id: 'account-1',
      },
    ]);
  });

  it('an own key goes through client_credentials, with a fresh assertion for each attempt', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const file = {
      clientId: 'account-1',
      privateKey: privateKey.export({ format: 'pem', type: 'sec1' }),
      issuer: server,
      tokenEndpoint: `${server}/token`,
    };
    const { context, forms } = await run(
      { credentials: '/c', audience: 'a', scope: 's' },
      { files: { '/c': JSON.stringify(file) } },
      (_call, count) =>
        count === 1 ? new Response('', { status: 503, headers: { 'retry-after': '1' } }) : tokenAnswer(),
    );
    expect(context.out()).toBe('the.access.token\n');
    const [first, second] = forms();
    expect(first).toMatchObject({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      audience: 'a',
      scope: 's',
    });
    expect(second?.['client_assertion']).not.toBe(first?.['client_assertion']);
  });

  const svidAnswer = () =>
    Response.json({
      access_token: 'the.jwt.svid',
      token_type: 'N_A',
      expires_in: 900,
      scope: '',
      issued_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    });
  it('--jwt-svid asks for a JWT-SVID of that audience, and prints it alone', async () => {
    const { context, forms } = await run(
      { server, subjectToken: jwt, jwtSvid: true, audience: 'a' },
      {},
      svidAnswer,
    );
    expect([context.out(), context.err()]).toEqual(['the.jwt.svid\n', '']);
    expect(forms()).toEqual([
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: jwt,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        audience: 'a',
        requested_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      },
    ]);
  });
  it('--credential-provider names the provider, with an own key too', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ format: 'pem', type: 'sec1' });
    const file = { clientId: 'account-1', privateKey: pem, issuer: server, tokenEndpoint: `${server}/token` };
    const files = { '/c': JSON.stringify(file) };
    const { context, forms } = await run(
      { credentials: '/c', credentialProvider: 'p' },
      { files },
      svidAnswer,
    );
    expect(context.out()).toBe('the.jwt.svid\n');
    expect(forms()[0]).toMatchObject({
      requested_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      credential_provider: 'p',
    });
  });
  it('an access token in place of the JWT-SVID that was asked for is not printed: exit 1', async () => {
    const { context, error } = await run({ server, subjectToken: jwt, jwtSvid: true, audience: 'a' });
    expect(error).toMatchObject({ exitCode: 1 });
    expect(context.out()).toBe('');
  });

  it('the tenant is a path, and the audience that the platform is asked for', async () => {
    const { context, error } = await run(
      { server, tenant: 'acme' },
      { environment: { BUILDKITE: 'true' }, programs: { 'buildkite-agent': () => ({ stdout: jwt }) } },
    );
    expect(error).toBeNull();
    expect(context.ran).toContain(`buildkite-agent oidc request-token --audience ${server}/t/acme`);
    expect(context.calls.at(-1)?.url).toBe(`${server}/t/acme/token`);
  });

  it('--platform-audience replaces it', async () => {
    const { context } = await run(
      { server, platformAudience: 'sts' },
      { environment: { CIRCLECI: 'true' }, programs: { circleci: () => ({ stdout: jwt }) } },
    );
    expect(context.ran.every((line) => line.endsWith('{"aud":"sts"}'))).toBe(true);
  });

  it('503: the file of the platform is read anew for the next attempt', async () => {
    let reads = 0;
    const { forms } = await run(
      { server, subjectTokenFile: '/t' },
      { files: { '/t': () => fakeJwt({ reads: ++reads }) } },
      (_call, count) => (count < 3 ? new Response('', { status: 503 }) : tokenAnswer()),
    );
    expect(new Set(forms().map(({ subject_token }) => subject_token)).size).toBe(3);
  });

  it('--max-wait is for everything together', async () => {
    const { context, error } = await run(
      { server, subjectToken: jwt, maxWait: '10' },
      {},
      () => new Response('', { status: 503, headers: { 'retry-after': '4' } }),
    );
    expect(error).toMatchObject({ exitCode: 3 });
    expect(context.sleeps).toEqual([4000, 4000]);
  });

  it('--verbose names the source and what the token says, and shows no token (A102)', async () => {
    const { context } = await run(
      { server, subjectTokenFile: '/t', verbose: true },
      { files: { '/t': jwt } },
    );
    expect(context.err()).toBe(
      [
        'bureau: source: subject token file, /t',
        `bureau: server: ${server}, token endpoint ${server}/token`,
        "bureau: the platform's token (unverified): iss=https://platform.example sub=job aud=https://sts.example.com exp=2027-01-15T08:00:00.000Z",
        'bureau: a token for 900 s, scope "read"',
      ].join('\n'),
    );
  });

  it('A102 claims with line ends and commands stay one line without commands', async () => {
    const nasty = fakeJwt({ sub: 'a\n::stop-commands::x', aud: ['##[set-env]', 'b\u001b[2J'], exp: 'never' });
    const { context } = await run({ server, subjectToken: nasty, verbose: true });
    const line = context.log.find((text) => text.includes('unverified')) ?? '';
    expect(line).toContain('sub=a ::stop-commands::x aud=## [set-env],b [2J exp=absent');
  });

  it('GitHub Actions: both tokens are masked before anything else is said of them', async () => {
    const { context } = await run(
      { server, verbose: true },
      {
        environment: {
          GITHUB_ACTIONS: 'true',
          ACTIONS_ID_TOKEN_REQUEST_URL: 'https://idtoken.example/?v=1',
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
        },
        answer: () => Response.json({ value: jwt }),
      },
    );
    const places = [
      `err ::add-mask::${jwt}`,
      'err ::add-mask::the.access.token',
      'out the.access.token\n',
    ].map((line) => context.log.indexOf(line));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((one, other) => one - other));
    expect(context.log.findIndex((line) => line.includes('unverified'))).toBeGreaterThan(places[0] ?? 0);
  });

  it('refused: what was presented is said, for whoever registers it', async () => {
    const refusal = () =>
      Response.json({ error: 'invalid_request', error_description: 'No.', receipt: 'r-1' }, { status: 400 });
    const { error } = await run(
      { server, subjectToken: fakeJwt({ aud: ['https://github.com/acme'] }) },
      {},
      refusal,
    );
    expect(error).toMatchObject({
      exitCode: 1,
      lines: [
        'refused: invalid_request: No.',
        'receipt r-1: an administrator sees why with  bureau activities show r-1',
        expect.stringMatching(
          /^presented \(unverified\): iss=https:\/\/platform\.example sub=job aud=https:\/\/github\.com\/acme/,
        ),
        expect.stringMatching(/^its audience is not https:\/\/sts\.example\.com: /),
      ],
    });
    const { error: plain } = await run({ server, subjectToken: jwt }, {}, refusal);
    expect(plain).toHaveProperty('lines.length', 3);
  });

  it('no server: exit 2, and nothing is asked of the platform', async () => {
    const world = {
      environment: { BUILDKITE: 'true' },
      programs: { 'buildkite-agent': () => ({ stdout: jwt }) },
    };
    const { context, error } = await run({}, world);
    expect(error).toMatchObject({ exitCode: 2, lines: [expect.stringMatching(/^no server is named/)] });
    expect(context.ran).toEqual(['buildkite-agent --version']);
    const { text } = await failureOf(runToken(createFakeWorld(), {}));
    expect(text).toMatch(/^nothing here says who this workload is; looked for:\n[^]*\nno server is named/);
  });

  it('a source that cannot renew its token is told of with --watch', async () => {
    const { context, error } = await run({ server, subjectToken: jwt, watch: '/nix/nix/token' });
    expect(context.err()).toMatch(/warning: the subject token is never renewed/);
    expect(error).toMatchObject({ exitCode: 2 });
  });
});

describe('bureau token --help', () => {
  const help = (): string => {
    let text = '';
    const program = new Command('bureau')
      .exitOverride()
      .configureOutput({ writeOut: (part) => void (text += part) });
    addTokenCommand(program, createFakeWorld());
    expect(() => program.parse(['token', '--help'], { from: 'user' })).toThrow('outputHelp');
    return text;
  };

  it('names every source in the order in which they are asked', () => {
    const text = help();
    const places = tokenSources.map(({ name }) => text.indexOf(`\n  ${name} `.trimEnd()));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((one, other) => one - other));
  });

  it('names every variable that is read', () => {
    const text = help();
    const names =
      'SERVER ISSUER TENANT CREDENTIALS SUBJECT_TOKEN SUBJECT_TOKEN_FILE SUBJECT_TOKEN_TYPE TOKEN_VARIABLE ID_TOKEN PLATFORM_AUDIENCE AUDIENCE SCOPE CLIENT_ID MAX_WAIT JWT_SVID_FILE';
    for (const name of names.split(' ')) expect(text).toMatch(new RegExp(`\\bBUREAU_${name}\\b`));
  });
});
