import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalSigningBackend } from '../../../src/adapters/signing/local.ts';
import { joinBackends, openSigningBackend } from '../../../src/adapters/signing/open-signing-backend.ts';
import { createPkcs11SigningBackend } from '../../../src/adapters/signing/pkcs11.ts';
import { pkcs11 } from '../../../src/adapters/signing/pkcs11-module.ts';
import { openPkcs11Token } from '../../../src/adapters/signing/pkcs11-token.ts';
import { CannotOpenSigningKey } from '../../../src/ports/signing-backend.ts';
import { StoreUnavailable } from '../../../src/ports/storage.ts';
import { exitCodes } from '../../../src/ports/start-refused.ts';
import { createFakePkcs11, type FakePkcs11Options } from '../../support/fake-pkcs11.ts';

let folder: string;
let pinFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bureau-pkcs11-'));
  pinFile = join(folder, 'pin');
  await writeFile(pinFile, '1234\n', { mode: 0o600 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const noFault = (error: unknown): never => {
  throw error;
};

describe('keys in a PKCS#11 token', () => {
  it.each(['ES256', 'RS256'] as const)(
    'A62 A119 %s: made in the token, sensitive, not extractable',
    async (algorithm) => {
      const token = createFakePkcs11();
      const { sealedPrivateKey } = await createPkcs11SigningBackend(token, noFault).generate(
        'jwt-svid',
        algorithm,
      );
      const [key] = [...token.objects.values()].filter(
        ({ attributes }) => attributes.get(pkcs11.CKA_CLASS) === pkcs11.CKO_PRIVATE_KEY,
      );
      expect(Object.fromEntries(key?.attributes ?? [])).toMatchObject({
        [pkcs11.CKA_TOKEN]: true,
        [pkcs11.CKA_PRIVATE]: true,
        [pkcs11.CKA_SENSITIVE]: true,
        [pkcs11.CKA_EXTRACTABLE]: false,
        [pkcs11.CKA_SIGN]: true,
      });
      expect(sealedPrivateKey).toBe(`pkcs11:${String(key?.attributes.get(pkcs11.CKA_LABEL))}`);
      expect(sealedPrivateKey).toMatch(new RegExp(`^pkcs11:bureau:jwt-svid:${algorithm}:[0-9a-f-]{36}$`));
    },
  );

  it('takes a point with and without the OCTET STRING around it', async () => {
    for (const barePoint of [false, true]) {
      const backend = createPkcs11SigningBackend(createFakePkcs11({ barePoint }), noFault);
      const { publicJwk } = await backend.generate('access-token', 'ES256');
      expect(Buffer.from(publicJwk.x ?? '', 'base64url')).toHaveLength(32);
    }
  });

  it('a key that lost its public half, or has a double, cannot be opened', async () => {
    const token = createFakePkcs11();
    const backend = createPkcs11SigningBackend(token, noFault);
    const made = await backend.generate('access-token', 'ES256');
    const row = { ...made, kid: made.publicJwk.kid, purpose: 'access-token', algorithm: 'ES256' } as const;
    await expect(backend.open(row)).resolves.toBeDefined();
    const objects = token.objects as Map<string, NonNullable<ReturnType<typeof token.objects.get>>>;
    const [publicKey, privateKey] = [...objects];
    if (publicKey === undefined || privateKey === undefined) throw new Error('nothing was made');
    objects.set('double', privateKey[1]);
    await expect(backend.open(row)).rejects.toBeInstanceOf(CannotOpenSigningKey);
    objects.delete('double');
    objects.delete(publicKey[0]);
    await expect(backend.open(row)).rejects.toBeInstanceOf(CannotOpenSigningKey);
  });

  it('destroys both halves, and what cannot be destroyed is reported and stops nobody', async () => {
    const token = createFakePkcs11();
    const faults: unknown[] = [];
    const backend = createPkcs11SigningBackend(token, (error) => void faults.push(error));
    const key = await backend.generate('access-token', 'ES256');
    const other = await backend.generate('access-token', 'RS256');
    expect(token.objects.size).toBe(4);
    token.breakWith(new Error('CKR_DEVICE_ERROR'));
    await backend.destroy(key);
    expect(faults).toMatchObject([{ message: 'CKR_DEVICE_ERROR' }]);
    token.breakWith(null);
    await backend.destroy(key);
    expect(token.objects.size).toBe(2);
    await backend.destroy(other);
    expect(token.objects.size).toBe(0);
  });

  it('contract §7 cannot sign with a key that another node destroyed, and says so as a store out of reach: 503', async () => {
    const token = createFakePkcs11();
    const [one, other] = [
      createPkcs11SigningBackend(token, noFault),
      createPkcs11SigningBackend(token, noFault),
    ];
    const open = async () => {
      const made = await one.generate('access-token', 'ES256');
      const row = { ...made, kid: made.publicJwk.kid, purpose: 'access-token', algorithm: 'ES256' } as const;
      return { row, signer: await other.open(row) };
    };
    const [gone, kept] = [await open(), await open()];
    await expect(gone.signer.sign('x')).resolves.toBeDefined();
    await one.destroy(gone.row);
    await expect(gone.signer.sign('x')).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(kept.signer.sign('x')).resolves.toBeDefined();
  });

  it('a fault of the token is a fault of one call, and the next one is served', async () => {
    const token = createFakePkcs11();
    const backend = createPkcs11SigningBackend(token, noFault);
    token.breakWith(new Error('CKR_DEVICE_REMOVED'));
    await expect(backend.generate('access-token', 'ES256')).rejects.toThrow('CKR_DEVICE_REMOVED');
    token.breakWith(null);
    await expect(backend.generate('access-token', 'ES256')).resolves.toBeDefined();
  });
});

describe('joinBackends', () => {
  it('makes keys in the token and opens each where it was made', async () => {
    const local = createLocalSigningBackend({ keyEncryptionKey: randomBytes(32) });
    const token = createFakePkcs11();
    const joined = joinBackends(createPkcs11SigningBackend(token, noFault), local);
    const inToken = await joined.generate('access-token', 'ES256');
    const before = await local.generate('access-token', 'ES256');
    for (const { publicJwk, sealedPrivateKey } of [inToken, before]) {
      const row = {
        kid: publicJwk.kid,
        purpose: 'access-token',
        algorithm: 'ES256',
        sealedPrivateKey,
      } as const;
      expect((await (await joined.open(row)).sign('x')).length).toBe(64);
    }
    await joined.destroy(before);
    expect(token.objects.size).toBe(2);
    await joined.destroy(inToken);
    expect(token.objects.size).toBe(0);
  });
});

describe('opening a token', () => {
  const openWith = (
    options: Partial<Parameters<typeof openPkcs11Token>[0]> = {},
    token: FakePkcs11Options = { labels: ['other', 'bureau'] },
  ) => {
    const fake = createFakePkcs11(token);
    const opened = openPkcs11Token(
      { module: '/usr/lib/token.so', tokenLabel: 'bureau', pinFile, ...options },
      () => fake.library,
    );
    return { fake, opened };
  };

  it('finds it by its label, logs in, and closes everything again', async () => {
    const { fake, opened } = openWith();
    (await opened).close();
    expect(fake.calls).toEqual([
      'load',
      'C_Initialize',
      'C_GetSlotList',
      'C_OpenSession',
      'C_Login',
      'C_CloseSession',
      'C_Finalize',
      'close',
    ]);
  });

  it('uses a library that is initialised already', async () => {
    await expect(openWith({}, { initialized: true }).opened).resolves.toBeDefined();
  });

  it.each<[string, Parameters<typeof openWith>[0], FakePkcs11Options | undefined, string]>([
    ['no such library', { module: '/missing.so' }, undefined, 'pkcs11Module: /missing.so cannot be loaded'],
    ['no such token', { tokenLabel: 'nobody' }, undefined, 'pkcs11TokenLabel: no token has the label nobody'],
    [
      'two of them',
      {},
      { labels: ['bureau', 'bureau'] },
      'pkcs11TokenLabel: several tokens have the label bureau',
    ],
    ['another PIN', {}, { pin: '9999' }, 'pkcs11PinFile: the token bureau does not take the PIN'],
    [
      'no PIN file',
      { pinFile: '/nowhere/pin' },
      undefined,
      'pkcs11PinFile: /nowhere/pin cannot be read (ENOENT)',
    ],
  ])('%s: one line that names the setting', async (_title, options, token, sentence) => {
    const error = await openWith(options, token).opened.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'StartRefused', exitCode: exitCodes.configuration });
    expect((error as Error).message).toContain(sentence);
    expect((error as Error).message).not.toContain('1234');
  });

  it('an empty PIN file is named too', async () => {
    await writeFile(pinFile, '\n');
    await expect(openWith().opened).rejects.toThrow('is empty');
  });

  it('without the optional package the start is refused, and says what to do', async () => {
    const keyEncryptionKey = randomBytes(32);
    const options = { keyEncryptionKey, reportFault: noFault };
    const local = await openSigningBackend({ ...options, pkcs11: null });
    await expect(local.close()).resolves.toBeUndefined();
    // Where the package is installed, it is the library that is missing.
    await expect(
      openSigningBackend({ ...options, pkcs11: { module: '/missing.so', tokenLabel: 'bureau', pinFile } }),
    ).rejects.toThrow(/npm install --save-optional pkcs11js|cannot be loaded/);
  });
});
