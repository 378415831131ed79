import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCredentialsFolder } from '../../src/adapters/credentials/credentials-folder.ts';
import { newId } from '../../src/adapters/identifiers/new-id.ts';
import { createKeyPairGenerator } from '../../src/adapters/signing/key-pair-generator.ts';
import { createLocalSigningBackend } from '../../src/adapters/signing/local.ts';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { type FirstStart, prepareFirstStart } from '../../src/admin/first-start.ts';
import type { Storage } from '../../src/ports/storage.ts';
import { createFixedClock } from '../support/fixed-clock.ts';
import { countAdministrators } from '../support/count-administrators.ts';

describe('prepareFirstStart (contract §2, A113)', () => {
  let dataDir: string;
  let storage: Storage;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'bureau-'));
    storage = await openStorage({ url: `sqlite:${join(dataDir, 'bureau.db')}` });
  });
  afterEach(async () => {
    await storage.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const start = (changes: Partial<FirstStart> = {}) =>
    prepareFirstStart({
      backend: createLocalSigningBackend({ keyEncryptionKey: new Uint8Array(32) }),
      generateAccountKeyPair: createKeyPairGenerator(),
      clock: createFixedClock(),
      newId,
      baseIssuer: 'https://sts.example.com',
      storage,
      vault: createCredentialsFolder(dataDir),
      ...changes,
    });
  const credentials = async () =>
    JSON.parse(await readFile(join(dataDir, 'admin.json'), 'utf8')) as { serviceAccountId: string };
  const credentialFiles = async () =>
    (await readdir(dataDir)).filter((name) => name.startsWith('admin.json')).sort();

  it('makes tenant, team, use cases, signing keys and one Administrator, whose file is 0600', async () => {
    expect(await start()).toBe('first');
    const { serviceAccountId } = await credentials();
    expect(await storage.serviceAccounts.find('default', serviceAccountId)).toMatchObject({
      role: 'administrator',
    });
    expect((await stat(join(dataDir, 'admin.json'))).mode & 0o777).toBe(0o600);
    expect(await storage.teams.find('default', 'default')).not.toBeNull();
    for (const useCase of ['cert-manager-issuer', 'custom-api-integration'])
      expect(await storage.useCases.find('default', useCase)).not.toBeNull();
    const keys = await storage.signingKeys.listOf('default');
    expect(new Set(keys.map(({ purpose }) => purpose))).toEqual(new Set(['access-token', 'jwt-svid']));
    expect(keys.every(({ state }) => state === 'active')).toBe(true);
  });

  it('does nothing the second time, not even write the file again', async () => {
    await start();
    await rm(join(dataDir, 'admin.json'));
    expect(await start()).toBe('again');
    expect(await credentialFiles()).toEqual([]);
  });

  it('ten starts at one time: one Administrator, and the file is theirs', async () => {
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => start()));
    expect(outcomes.filter((outcome) => outcome === 'first')).toHaveLength(1);
    expect(await credentialFiles()).toEqual(['admin.json']);
    const { serviceAccountId } = await credentials();
    expect(await storage.serviceAccounts.find('default', serviceAccountId)).not.toBeNull();
    expect(await countAdministrators(storage, 'default')).toBe(1);
  });

  it('killed between commit and show: the next start shows the credentials', async () => {
    const vault = createCredentialsFolder(dataDir);
    const killed = { ...vault, show: () => Promise.reject(new Error('killed')) };
    await expect(start({ vault: killed })).rejects.toThrow('killed');
    expect(await credentialFiles()).toEqual([expect.stringMatching(/pending$/)]);
    expect(await start()).toBe('again');
    expect(await credentialFiles()).toEqual(['admin.json']);
    expect(
      await storage.serviceAccounts.find('default', (await credentials()).serviceAccountId),
    ).not.toBeNull();
  });

  it('killed between put and commit: the next start is the first one, and nothing of the killed one is left', async () => {
    const broken = { ...storage, transaction: () => Promise.reject(new Error('killed')) };
    await expect(start({ storage: broken })).rejects.toThrow('killed');
    expect(await start()).toBe('first');
    expect(await start()).toBe('again');
    expect(await credentialFiles()).toEqual(['admin.json']);
  });

  it('credentials of another database are not overwritten', async () => {
    await writeFile(join(dataDir, 'admin.json'), 'precious');
    await expect(start()).rejects.toThrow('belongs to another database');
    expect(await readFile(join(dataDir, 'admin.json'), 'utf8')).toBe('precious');
    expect(await storage.tenants.find('default')).toBeNull();
  });

  it('a link that leads nowhere takes the name too', async () => {
    await symlink('/nowhere/at/all', join(dataDir, 'admin.json'));
    await expect(start()).rejects.toThrow('belongs to another database');
    expect(await storage.tenants.find('default')).toBeNull();
  });

  it('a name taken between put and show: the only credentials wait until it is free', async () => {
    const vault = createCredentialsFolder(dataDir);
    const raced = {
      ...vault,
      show: async (id: string) => {
        await writeFile(join(dataDir, 'admin.json'), '{"serviceAccountId":"somebody else"}');
        await vault.show(id);
      },
    };
    await expect(start({ vault: raced })).rejects.toThrow('the credentials wait in');
    await expect(start()).rejects.toThrow('the credentials wait in');
    await rm(join(dataDir, 'admin.json'));
    expect(await start()).toBe('again');
    expect(await credentialFiles()).toEqual(['admin.json']);
    expect(
      await storage.serviceAccounts.find('default', (await credentials()).serviceAccountId),
    ).not.toBeNull();
  });
});
