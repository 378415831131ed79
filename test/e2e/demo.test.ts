import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const demo = fileURLToPath(new URL('../../demo/main.ts', import.meta.url));

interface Run {
  readonly code: number | null;
  readonly output: string;
}

/** Runs the demo to its end; `interruptAt` sends SIGINT when this text appears. */
const runDemo = async (interruptAt?: string): Promise<Run> => {
  const child = spawn(process.execPath, [demo], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let told = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (interruptAt === undefined || told || !output.includes(interruptAt)) return;
      told = true;
      child.kill('SIGINT');
    });
  }
  const code = await new Promise<number | null>((done) => child.on('close', done));
  return { code, output };
};

const dataFolderIn = (output: string): string => /data folder +(\S+)/.exec(output)?.[1] ?? '';

/** Whether anything still answers at the address that the output gives after this word. */
const answers = async (output: string, word: string): Promise<boolean> => {
  const url = new RegExp(`${word} +(http://127\\.0\\.0\\.1:\\d+)`).exec(output)?.[1];
  if (url === undefined) throw new Error(`no address of ${word} in: ${output}`);
  return fetch(url).then(
    () => true,
    () => false,
  );
};

describe('npm run demo', () => {
  let run: Run;

  beforeAll(async () => {
    run = await runDemo();
  });

  it('ends well', () => {
    expect(run).toMatchObject({ code: 0 });
  });

  it('tells its steps in order', () => {
    const titles = [...run.output.matchAll(/^ ?\d+ {3}(.+)$/gm)].map(([, title]) => title);
    expect(titles).toEqual([
      'Start',
      'The administrator signs in',
      'The administrator registers who may come',
      'A job asks its platform for a token',
      'Token exchange (RFC 8693)',
      'JWT bearer grant (RFC 7523 §2.1)',
      'Client credentials with the token as client assertion (RFC 7523 §2.2)',
      'An API checks the access token',
      'A job with another subject tries the same',
      'The administrator looks up the receipt',
    ]);
  });

  it('gets a token at each of the three doors', () => {
    expect(
      run.output.match(/issued_token_type +urn:ietf:params:oauth:token-type:access_token/g),
    ).toHaveLength(3);
  });

  it('shows the verified access token', () => {
    expect(run.output).toContain('✔ signature, issuer, audience, type and time are good');
    expect(run.output).toContain('"typ": "at+jwt"');
    expect(run.output).toContain('"account_name": "deploy-payments"');
    expect(run.output).toContain('"aud": "https://api.example.com"');
  });

  it('shows a refusal, and every check behind its receipt', () => {
    const receipt = /"receipt": "([^"]+)"/.exec(run.output)?.[1];
    expect(run.output).toContain('← 400 Bad Request');
    expect(run.output).toContain(`→ GET /api/v1/activities/${receipt}`);
    expect(run.output).toContain('✘ refused: subject_not_registered');
    expect(run.output).toMatch(/✔ signature +/);
    expect(run.output).toMatch(/✘ federation\.subject +repo:acme\/payments:environment:Production/);
    expect(run.output).toMatch(/hint .*case/);
  });

  it('prints no whole token and no colour where there is no terminal', () => {
    expect(run.output).not.toMatch(/eyJ[\w-]{20,}/);
    expect(run.output).not.toContain('\u001b[');
  });

  it('stops everything and leaves nothing behind', async () => {
    expect(dataFolderIn(run.output)).not.toBe('');
    expect(existsSync(dataFolderIn(run.output))).toBe(false);
    expect(await answers(run.output, 'bureau')).toBe(false);
    expect(await answers(run.output, 'platform')).toBe(false);
  });
});

describe('npm run demo, interrupted by Ctrl-C', () => {
  it('stops everything, leaves nothing behind and says so by its exit code', async () => {
    const run = await runDemo('The administrator signs in');
    expect(run.code).toBe(130);
    expect(run.output).not.toContain('Token exchange');
    expect(existsSync(dataFolderIn(run.output))).toBe(false);
    expect(await answers(run.output, 'bureau')).toBe(false);
  });
});
