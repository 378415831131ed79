// The real process with its keys in a real token: SoftHSM2.
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Handle, pkcs11 } from '../../src/adapters/signing/pkcs11-module.ts';
import { type BureauProcess, freePort, postForm, runBureau, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import { createPostgresDatabase } from '../support/postgres.ts';
import { type AdminCall, createFederatedAccount, createTenant } from '../support/registered-accounts.ts';
import { createSoftHsmTokens, type SoftHsmTokens } from '../support/soft-hsm.ts';
import { registered, urn } from '../support/test-bureau.ts';

const pin = 'pin-73914';
const label = 'bureau e2e';
const softHsm = await createSoftHsmTokens('the server with its keys in SoftHSM2', [label], pin);
afterAll(() => softHsm?.remove());

interface SigningKeyItem {
  readonly kid: string;
  readonly purpose: 'access-token' | 'jwt-svid';
  readonly algorithm: string;
  readonly state: string;
}

/** CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_PRIVATE_EXPONENT and CKA_VALUE (PKCS #11 v2.40, pkcs11t.h). */
const more = {
  alwaysSensitive: 0x165,
  neverExtractable: 0x164,
  privateExponent: 0x123,
  value: 0x11,
} as const;

/** What the token holds, seen by a session of its own beside the server. */
const lookInto = async (
  tokens: SoftHsmTokens,
): Promise<{
  readonly labels: readonly string[];
  /** Flags of the private keys that are not as they must be, and private members that could be read. */
  readonly leaks: readonly string[];
}> => {
  const token = await tokens.open(label);
  const { library, session } = token;
  try {
    const read = (object: Handle, type: number): Buffer =>
      library.C_GetAttributeValue(session, object, [{ type }])[0]?.value ?? Buffer.alloc(0);
    const find = (objectClass: number): readonly Handle[] => {
      const found: Handle[] = [];
      library.C_FindObjectsInit(session, [{ type: pkcs11.CKA_CLASS, value: objectClass }]);
      for (let next = library.C_FindObjects(session); next !== null; next = library.C_FindObjects(session))
        found.push(Buffer.from(next));
      library.C_FindObjectsFinal(session);
      return found;
    };
    const privateKeys = find(pkcs11.CKO_PRIVATE_KEY);
    const leaks: string[] = [];
    for (const key of privateKeys) {
      const flags = [pkcs11.CKA_SENSITIVE, more.alwaysSensitive, more.neverExtractable, pkcs11.CKA_PRIVATE];
      for (const flag of flags) if (read(key, flag)[0] !== 1) leaks.push(`${flag} is not set`);
      if (read(key, pkcs11.CKA_EXTRACTABLE)[0] !== 0) leaks.push('extractable');
      for (const member of [more.privateExponent, more.value])
        try {
          if (read(key, member).length > 0) leaks.push(`${member} was read`);
        } catch {
          // CKR_ATTRIBUTE_SENSITIVE, or no such member of this kind of key.
        }
    }
    const objects = [...privateKeys, ...find(pkcs11.CKO_PUBLIC_KEY)];
    return { labels: objects.map((object) => read(object, pkcs11.CKA_LABEL).toString()).sort(), leaks };
  } finally {
    token.close();
  }
};

const keySet = async (base: string): Promise<JSONWebKeySet> =>
  (await (await fetch(`${base}/.well-known/jwks.json`)).json()) as JSONWebKeySet;

/** The header of a token of ours that verifies against the published set below `base`; throws for another one. */
const verified = async (token: string, base: string): Promise<{ alg?: string; kid?: string }> =>
  (await jwtVerify(token, createLocalJWKSet(await keySet(base)))).protectedHeader;

describe('a start without its token', () => {
  const table: [string, Readonly<Record<string, string>>, string][] = [
    [
      'no library',
      { BUREAU_PKCS11_MODULE: '/nowhere/token.so' },
      softHsm === null
        ? 'npm install --save-optional pkcs11js'
        : 'pkcs11Module: /nowhere/token.so cannot be loaded',
    ],
  ];
  if (softHsm !== null)
    table.push(
      ['a wrong PIN', { BUREAU_PKCS11_PIN_FILE: 'wrong-pin' }, 'pkcs11PinFile: the token bureau e2e'],
      ['no such label', { BUREAU_PKCS11_TOKEN_LABEL: 'nobody' }, 'pkcs11TokenLabel: no token has'],
      ['no PIN file', { BUREAU_PKCS11_PIN_FILE: 'absent' }, 'pkcs11PinFile: absent cannot be read'],
    );
  it.each(table)(
    'A102 is refused with 78, one sentence and no PIN: %s',
    async (_title, changes, sentence) => {
      const folder = await mkdtemp(join(tmpdir(), 'bureau-pkcs11-'));
      try {
        await writeFile(join(folder, 'wrong-pin'), 'pin-55402\n', { mode: 0o600 });
        const refused = await runBureau(
          ['serve'],
          { ...environmentFor(softHsm), BUREAU_DATA_DIR: join(folder, 'data'), BUREAU_PORT: '0', ...changes },
          folder,
        );
        expect(refused.code).toBe(78);
        expect(refused.stderr).toContain(sentence);
        expect(refused.stdout + refused.stderr).not.toMatch(/pin-\d{5}/);
        expect(refused.stderr).not.toContain('    at ');
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

/** Settings for the token; for one that there could be where there is none. */
const environmentFor = (tokens: SoftHsmTokens | null): Record<string, string> => {
  const { module, tokenLabel, pinFile } = tokens?.optionsOf(label) ?? {
    module: '/usr/lib/softhsm/libsofthsm2.so',
    tokenLabel: label,
    pinFile: '/nowhere/pin',
  };
  return {
    ...(tokens === null ? {} : { SOFTHSM2_CONF: tokens.configuration }),
    BUREAU_SIGNING_BACKEND: 'pkcs11',
    BUREAU_PKCS11_MODULE: module,
    BUREAU_PKCS11_TOKEN_LABEL: tokenLabel,
    BUREAU_PKCS11_PIN_FILE: pinFile,
  };
};

const describeTheServer = (tokens: SoftHsmTokens): void => {
  let bureau: BureauProcess;
  let issuer: FakeIssuer;
  let acme: AdminCall;
  let dataDir: string;
  let port: number;
  const start = (changes: Readonly<Record<string, string>> = {}): Promise<BureauProcess> =>
    startBureau({
      dataDir,
      port,
      environment: {
        ...environmentFor(tokens),
        BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}`,
        BUREAU_SIGNING_KEY_PUBLISH_AHEAD_SECONDS: '3',
        BUREAU_PUBLISHED_MAX_AGE_SECONDS: '1',
        ...changes,
      },
    });
  const subjectToken = (): Promise<string> =>
    issuer.signToken({ sub: registered.subject, aud: registered.audience });
  const exchange = async (base: string, changes: Readonly<Record<string, string>> = {}): Promise<string> => {
    const form = { grant_type: urn.tokenExchange, subject_token_type: urn.jwt, ...changes };
    const answer = await postForm(`${base}/token`, { ...form, subject_token: await subjectToken() });
    if (answer.status !== 200) throw new Error(`no token: ${JSON.stringify(answer.body)}`);
    return answer.body.access_token as string;
  };
  const exchangeSvid = (provider: string): Promise<string> =>
    exchange(bureau.url, { requested_token_type: urn.jwt, credential_provider: provider });
  const keysOf = async (admin: AdminCall): Promise<readonly SigningKeyItem[]> =>
    (await admin('GET', '/signing-keys')).body.items;
  const storedKeys = (): readonly string[] => {
    const database = new DatabaseSync(join(dataDir, 'bureau.db'), { readOnly: true });
    const rows = database.prepare('select sealed_private_key as sealed from signing_keys').all();
    database.close();
    return rows.map(({ sealed }) => String(sealed)).sort();
  };
  /** Both halves of each key that the store knows, and nothing else, are in the token. */
  const expectNothingElseInToken = async (): Promise<void> => {
    const stored = storedKeys().map((sealed) => sealed.replace(/^pkcs11:/, ''));
    expect((await lookInto(tokens)).labels).toEqual([...stored, ...stored].sort());
  };

  beforeAll(async () => {
    dataDir = join(await mkdtemp(join(tmpdir(), 'bureau-pkcs11-')), 'data');
    await mkdir(dataDir);
    issuer = await createFakeIssuer();
    port = await freePort();
    bureau = await start();
    const account = await createFederatedAccount(bureau.admin, issuer);
    for (const algorithm of ['ES256', 'RS256']) {
      const provider = {
        name: `svid-${algorithm}`,
        serviceAccounts: [account],
        subject: { type: 'literal', value: 'spiffe://example.org/api' },
        audience: algorithm,
        algorithm,
      };
      expect(await bureau.admin('POST', '/credential-providers', provider)).toMatchObject({ status: 201 });
    }
    acme = await createTenant(bureau, 'acme');
    await createFederatedAccount(acme, issuer);
    const { headers } = await acme('GET', '/settings');
    const settings = { accessTokenAlgorithm: 'RS256' };
    const match = { 'if-match': headers.get('etag') ?? '' };
    expect(await acme('PATCH', '/settings', settings, match)).toMatchObject({ status: 200 });
  });
  afterAll(async () => {
    await bureau?.stop();
    await issuer?.close();
    await rm(join(dataDir, '..'), { recursive: true, force: true });
  });

  it('A62 A119 the first start makes its keys in the token, where they stay', async () => {
    const { leaks, labels } = await lookInto(tokens);
    expect(leaks).toEqual([]);
    expect(labels).toHaveLength(16);
    expect(storedKeys()).toHaveLength(8);
    for (const sealed of storedKeys())
      expect(sealed).toMatch(/^pkcs11:bureau:[a-z-]+:[ER]S256:[0-9a-f-]{36}$/);
    await expectNothingElseInToken();
  });

  it('MD-10 publishes public keys of both algorithms in both sets, with nothing private', async () => {
    for (const base of [bureau.url, `${bureau.url}/spiffe`]) {
      const { keys } = await keySet(base);
      expect(keys.map(({ kty }) => String(kty)).sort()).toEqual(['EC', 'RSA']);
      for (const key of keys) expect(Object.keys(key)).not.toContain('d');
    }
  });

  it('AT-01 SV-12 what it signs verifies: ES256 and RS256, access tokens and JWT-SVIDs', async () => {
    expect(await verified(await exchange(bureau.url), bureau.url)).toMatchObject({ alg: 'ES256' });
    const base = `${bureau.url}/t/acme`;
    expect(await verified(await exchange(base), base)).toMatchObject({ alg: 'RS256' });
    for (const alg of ['ES256', 'RS256'])
      expect(await verified(await exchangeSvid(`svid-${alg}`), `${bureau.url}/spiffe`)).toMatchObject({
        alg,
      });
  });

  it('200 tokens, 16 at a time: every one verifies', async () => {
    const bases = [bureau.url, `${bureau.url}/t/acme`];
    const sets = await Promise.all(bases.map(async (base) => createLocalJWKSet(await keySet(base))));
    const began = Date.now();
    let [next, good] = [0, 0];
    const work = async (): Promise<void> => {
      while (next < 200) {
        const which = next % 2;
        next += 1;
        await jwtVerify(await exchange(bases[which] ?? ''), sets[which] as (typeof sets)[number]);
        good += 1;
      }
    };
    await Promise.all(Array.from({ length: 16 }, work));
    console.log(`SoftHSM2: ${good} tokens verified in ${Date.now() - began} ms`);
    expect(good).toBe(200);
  });

  it('A68 rotates on demand: published, then active, and nothing that was signed before is lost', async () => {
    const before = [await exchange(bureau.url), await exchangeSvid('svid-RS256')];
    const rotated = await bureau.admin('POST', '/signing-keys/rotate', {});
    expect(rotated.status).toBe(200);
    const prepared = (await keysOf(bureau.admin)).filter(({ state }) => state === 'prepared');
    expect(prepared).toHaveLength(4);
    const published = [...(await keySet(bureau.url)).keys, ...(await keySet(`${bureau.url}/spiffe`)).keys];
    for (const { kid } of prepared) expect(published.map((key) => key.kid)).toContain(kid);
    expect(decodeProtectedHeader(await exchange(bureau.url)).kid).toBe(
      decodeProtectedHeader(before[0] ?? '').kid,
    );

    const isActive = async (): Promise<boolean> =>
      (await keysOf(bureau.admin)).every(({ state }) => state !== 'prepared');
    while (!(await isActive())) await sleep(100);
    const active = (await keysOf(bureau.admin)).filter(({ state }) => state === 'active');
    expect(active.map(({ kid }) => kid).sort()).toEqual(prepared.map(({ kid }) => kid).sort());
    const { kid } = await verified(await exchange(bureau.url), bureau.url);
    expect(prepared.map((key) => key.kid)).toContain(kid);
    await verified(before[0] ?? '', bureau.url);
    await verified(before[1] ?? '', `${bureau.url}/spiffe`);
    await expectNothingElseInToken();
  });

  it('A71 revokes: gone from the set, both halves gone from the token, another key signs at once', async () => {
    const token = await exchange(bureau.url);
    const { kid = '' } = await verified(token, bureau.url);
    const revoked = await bureau.admin('POST', `/signing-keys/${kid}/revoke`);
    expect(revoked.status).toBe(200);
    expect((await keySet(bureau.url)).keys.map((key) => key.kid)).not.toContain(kid);
    await expect(verified(token, bureau.url)).rejects.toThrow();
    expect((await verified(await exchange(bureau.url), bureau.url)).kid).not.toBe(kid);
    await expectNothingElseInToken();
    expect((await lookInto(tokens)).leaks).toEqual([]);
  });

  it('opens the same keys after a restart, and after kill -9', async () => {
    for (const end of ['stop', 'kill'] as const) {
      const [token, keys] = [await exchange(bureau.url), await keysOf(bureau.admin)];
      expect([0, undefined]).toContain(await bureau[end]());
      bureau = await start();
      expect(await keysOf(bureau.admin)).toMatchObject(keys.map(({ kid, state }) => ({ kid, state })));
      const { kid } = await verified(token, bureau.url);
      expect((await verified(await exchange(bureau.url), bureau.url)).kid).toBe(kid);
      await expectNothingElseInToken();
    }
  });

  it('SIGTERM while it signs: every token that was given out verifies, and it ends with 0', async () => {
    const given: string[] = [];
    let over = false;
    const work = async (): Promise<void> => {
      while (!over)
        await exchange(bureau.url).then(
          (token) => void given.push(token),
          () => void (over = true),
        );
    };
    const load = Promise.all(Array.from({ length: 16 }, work));
    while (given.length < 50) await sleep(10);
    expect(await bureau.stop()).toBe(0);
    expect(bureau.errors()).toBe('');
    await load;
    bureau = await start();
    const keys = createLocalJWKSet(await keySet(bureau.url));
    for (const token of given) await jwtVerify(token, keys);
  });

  it('A69 A71 two nodes on one token: a key that one of them made signs on the other', async () => {
    const database = await createPostgresDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'bureau-pkcs11-'));
    const nodes: BureauProcess[] = [];
    try {
      const environment = {
        ...environmentFor(tokens),
        BUREAU_DATABASE_URL: database.url,
        BUREAU_KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
        BUREAU_ISSUER: bureau.url,
      };
      // Of the administrator's credentials there is one file; both nodes may see it.
      nodes.push(await startBureau({ dataDir: folder, environment }));
      nodes.push(await startBureau({ dataDir: folder, environment }));
      const kidOn = async (node: BureauProcess): Promise<string> =>
        (await verified(await node.adminToken(), node.url)).kid ?? '';
      const [one, other] = nodes as [BureauProcess, BureauProcess];
      const before = await kidOn(other);
      expect(await kidOn(one)).toBe(before);
      expect(await one.admin('POST', `/signing-keys/${before}/revoke`)).toMatchObject({ status: 200 });
      const next = await kidOn(one);
      expect(next).not.toBe(before);
      // Until it has heard of it, the key it knows is gone from the token: 503, and nothing else.
      const signsWithNext = (): Promise<boolean> =>
        other.adminToken().then(
          (token) => decodeProtectedHeader(token).kid === next,
          (error: Error) => {
            expect(error.message).toContain('temporarily_unavailable');
            return false;
          },
        );
      while (!(await signsWithNext())) await sleep(50);
      expect(await kidOn(other)).toBe(next);
    } finally {
      for (const node of nodes) await node.stop();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('keys made in the process before go on beside the token, until the token has their place', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bureau-pkcs11-'));
    const own = { dataDir: folder, port: await freePort() };
    const local = await startBureau(own);
    let running: BureauProcess = local;
    try {
      const token = await local.adminToken();
      await local.stop();
      running = await startBureau({ ...own, environment: environmentFor(tokens) });
      const { kid = '' } = await verified(token, running.url);
      expect((await verified(await running.adminToken(), running.url)).kid).toBe(kid);
      expect((await running.admin('POST', `/signing-keys/${kid}/revoke`)).status).toBe(200);
      const next = await verified(await running.adminToken(), running.url);
      expect(next.kid).not.toBe(kid);
      await running.stop();

      const without = await runBureau(['serve'], { BUREAU_DATA_DIR: folder, BUREAU_PORT: '0' });
      expect(without.code).toBe(78);
      expect(without.stderr).toContain('or the token not the one they were made in; nothing was changed');
    } finally {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
};

if (softHsm !== null)
  describe('the server with its keys in SoftHSM2', () => {
    describeTheServer(softHsm);
  });
