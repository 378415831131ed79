// Runs the commands of README.md as a newcomer would, against a real server and the practice platform.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeJwt } from 'jose';
import { type PracticeIssuer, startPracticeIssuer } from '../../demo/practice-issuer.ts';
import { type BureauProcess, startBureau } from '../support/bureau-process.ts';

const root = resolve(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const steps = [...readme.matchAll(/^```sh step=(\S+)\n([^]*?)^```$/gm)].map(
  ([, name = '', commands = '']) => ({
    name,
    commands,
  }),
);

let bureau: BureauProcess;
let platform: PracticeIssuer;
let outputs: Readonly<Record<string, string>>;

/** What the commands print, step by step, in one shell, with the addresses of this run in the place of those in the text. */
const runSteps = async (): Promise<Record<string, string>> => {
  const credentials = join(bureau.dataDir, 'admin.json');
  const script = steps.map(({ name, commands }) => `echo "=== ${name}"\n${commands}\necho`).join('\n');
  const here = script
    .replaceAll('127.0.0.1:8080', new URL(bureau.url).host)
    .replaceAll('127.0.0.1:8090', platform.place)
    .replaceAll('data/admin.json', credentials)
    .replaceAll('data/nightly-report.json', join(bureau.dataDir, 'nightly-report.json'));
  const child = spawn('sh', ['-eu', '-c', here], {
    cwd: root,
    // Where a newcomer stands in the folder with the data, these commands stand beside it.
    env: { ...process.env, BUREAU_CREDENTIALS: credentials },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  const code = await new Promise<number | null>((done) => child.on('close', done));
  if (code !== 0) throw new Error(`the commands of README.md ended with ${code}:\n${stdout}`);
  return Object.fromEntries(
    stdout
      .split(/^=== /m)
      .slice(1)
      .map((part) => [part.split('\n', 1)[0] ?? '', part.slice(part.indexOf('\n') + 1).trim()]),
  );
};

beforeAll(async () => {
  platform = await startPracticeIssuer(0);
  bureau = await startBureau({ environment: { BUREAU_OUTBOUND_ALLOW: platform.place } });
  outputs = await runSteps();
});

afterAll(async () => {
  await bureau?.stop();
  await platform?.close();
});

const answerOf = (step: string): Record<string, unknown> =>
  JSON.parse(outputs[step] ?? '') as Record<string, unknown>;

/** A receipt with ids, times and addresses replaced. */
const settled = (text: string, place: string): string =>
  text
    .trim()
    .replaceAll(place, 'PLACE')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HERE')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/"kid":"[^"]*"/g, '"kid":"KID"')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, 'TIME')
    .replaceAll(/\b1\d{9}\b/g, 'SECONDS')
    .replaceAll(/\b\d+ characters/g, 'N characters');

describe('the first exchange of README.md', () => {
  it('has the steps of the story', () => {
    expect(steps.map(({ name }) => name)).toEqual([
      'sign-in',
      'register',
      'platform-token',
      'exchange',
      'jwt-bearer',
      'client-credentials',
      'own-key',
      'introspect',
      'administration',
      'refused',
      'receipt',
      'explain',
    ]);
  });

  it('registers an account', () => {
    const account = answerOf('register');
    expect(account).toMatchObject({ name: 'deploy-payments', status: 'enabled' });
    expect(account['clientId']).toBe(account['id']);
  });

  it.each(['exchange', 'jwt-bearer', 'client-credentials'])('gets an access token by %s', (step) => {
    const { access_token: token, ...rest } = answerOf(step);
    const shown = JSON.parse(/```json\n([^]*?)```/.exec(readme)?.[1] ?? '') as Record<string, unknown>;
    expect({ access_token: 'eyJ…', ...rest }).toEqual(shown);
    expect(decodeJwt(String(token))).toMatchObject({
      iss: bureau.issuer,
      aud: 'https://api.example.com',
      scope: 'payments:deploy',
      account_name: 'deploy-payments',
    });
  });

  it('introspects a token', () =>
    expect(answerOf('introspect')).toMatchObject({
      active: true,
      aud: 'https://api.example.com',
      scope: 'payments:deploy',
    }));

  it('shows a refusal with its receipt, and what is behind it', () => {
    const refusal = answerOf('refused');
    expect(refusal).toMatchObject({ error: 'invalid_grant' });
    const activity = outputs['receipt'] ?? '';
    expect(activity).toContain(refusal['receipt']);
    // The example is what is printed, but for what differs from run to run and where it says … .
    const example = /step=receipt\n[^]*?```text\n([^]*?)```/.exec(readme)?.[1] ?? '';
    const printed = settled(activity, platform.place);
    const parts = settled(example, '127.0.0.1:8090').split(/^…$/m);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(printed).toContain(part.trim());
  });

  it('explains a token that is good and one that is not', () => {
    const [good = '', bad = ''] = (outputs['explain'] ?? '').split(/(?=^Verdict)/m);
    expect(good).toMatch(/^Verdict +would be issued$/m);
    expect(bad).toMatch(/^Verdict +would be refused: subject_not_registered$/m);
    expect(bad).toMatch(/exit code 1$/);
  });

  it('makes an account with a key of its own, which signs in', () => {
    expect(decodeJwt(outputs['own-key']?.split('\n').at(-1) ?? '')).toMatchObject({
      aud: `${bureau.issuer}/api/v1`,
      account_name: 'nightly-report',
      role: 'viewer',
    });
    expect(outputs['administration']).toContain('nightly-report');
    expect(outputs['administration']).toContain('ES256');
  });
});
