// The real process and the command line: a provider from its making to a JWT-SVID that verifies, and across a restart.
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, freePort, runBureau, startBureau } from '../support/bureau-process.ts';
import { faultsOfJwtSvid, type SpiffeBundle } from '../support/check-jwt-svid.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';

const subject = 'system:serviceaccount:prod:api';
const audience = 'https://sts.example.com';
const words = (line: string): readonly string[] => line.split(' ');

let issuer: FakeIssuer;
let bureau: BureauProcess;
let folder: string;
let dataDir: string;
let port: number;

const start = (environment: Readonly<Record<string, string>>): Promise<BureauProcess> =>
  startBureau({
    dataDir,
    port,
    environment: { BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}`, ...environment },
  });
const run = (...args: readonly string[]) => runBureau(args, { BUREAU_DATA_DIR: dataDir }, folder);
const done = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await run(...args);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
};
const writeToken = async (claims: Readonly<Record<string, unknown>> = {}): Promise<string> => {
  const path = join(folder, 'token.jwt');
  await writeFile(
    path,
    `${await issuer.signToken({ sub: subject, aud: audience, namespace: 'prod', ...claims })}\n`,
  );
  return path;
};
const token = async (...more: readonly string[]) =>
  runBureau(
    ['token', '--server', bureau.issuer, '--subject-token-file', await writeToken(), ...more],
    {},
    folder,
  );

beforeAll(async () => {
  [folder, dataDir] = await Promise.all([
    mkdtemp(join(tmpdir(), 'bureau-svid-')),
    mkdtemp(join(tmpdir(), 'bureau-data-')),
  ]);
  issuer = await createFakeIssuer();
  port = await freePort();
  bureau = await start({ BUREAU_TEMPLATE_ENV: 'CLUSTER_NAME', CLUSTER_NAME: 'prod-eu-1' });
  await done(
    ...words('accounts create api --team default --use-case custom-api-integration'),
    ...words(
      `--issuer ${issuer.issuer} --jwks-uri ${issuer.jwksUri} --subject ${subject} --audience ${audience}`,
    ),
  );
});
afterAll(async () => {
  await bureau?.stop();
  await issuer?.close();
  await rm(folder, { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
});

describe('a JWT-SVID on the command line', () => {
  it('SV-10 SV-11 SV-12 is provided for, tried, issued, printed alone, and verifies', async () => {
    await done(
      ...words('providers create payments-svid --account api --audience my-service.example.com'),
      ...words(
        '--subject spiffe://example.com/ns/${oidc.identityToken.decode.payload.namespace}/sa/${serviceaccount}',
      ),
      ...words('--claim environment=production --claim cluster=${os.environment.CLUSTER_NAME}'),
    );
    expect(await done('providers', 'verify', 'payments-svid', '--token-file', await writeToken())).toMatch(
      /^Result +good$/m,
    );
    const bad = await run(
      'providers',
      'verify',
      'payments-svid',
      '--token-file',
      await writeToken({ namespace: '../x' }),
    );
    expect([bad.code, bad.stdout.includes('FAIL  svid.subject')]).toEqual([1, true]);

    for (const how of [
      '--jwt-svid --audience my-service.example.com',
      '--credential-provider payments-svid',
    ]) {
      const { code, stdout, stderr } = await token(...words(how));
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
      const svid = stdout.trim();
      const bundle = (await (await fetch(`${bureau.url}/spiffe/bundle.json`)).json()) as SpiffeBundle;
      expect(
        faultsOfJwtSvid(svid, { bundle, trustDomain: 'example.com', audience: 'my-service.example.com' }),
      ).toEqual([]);
      const keys = createRemoteJWKSet(new URL(`${bureau.url}/spiffe/.well-known/jwks.json`));
      const { payload } = await jwtVerify(svid, keys, {
        issuer: `${bureau.issuer}/spiffe`,
        audience: 'my-service.example.com',
      });
      expect(payload).toMatchObject({
        sub: 'spiffe://example.com/ns/prod/sa/api',
        cluster: 'prod-eu-1',
        environment: 'production',
      });
    }
  });

  it('an environment name that the operator took away refuses that provider alone, with a reason, and no 500', async () => {
    await done(
      ...words(
        'providers create plain --account api --audience plain.example.com --subject spiffe://example.com/plain',
      ),
    );
    await bureau.stop();
    bureau = await start({});
    const refused = await token('--credential-provider', 'payments-svid');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/refused: invalid_request/);
    const [, receipt = ''] = /receipt ([0-9a-f-]{36})/.exec(refused.stderr) ?? [];
    const activity = await done('activities', 'get', receipt);
    expect(activity).toMatch(/refused: credential_provider_unusable/);
    expect(activity).toMatch(/BUREAU_TEMPLATE_ENV/);

    expect((await token('--credential-provider', 'plain')).code).toBe(0);
    expect((await token()).code).toBe(0);
    const tried = await run('providers', 'verify', 'payments-svid', '--token-file', await writeToken());
    expect([tried.code, tried.stdout.includes('FAIL  request.credential_provider')]).toEqual([1, true]);

    await done('providers', 'update', 'payments-svid', '--no-claim');
    expect((await token('--credential-provider', 'payments-svid')).code).toBe(0);
  });
});
