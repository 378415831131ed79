import { beforeEach, describe, expect, it } from 'vitest';
import type { Block } from '../../src/core/blocks/block.ts';
import { sampleBlock } from '../support/stored-samples.ts';
import type { TrustedIssuer } from '../../src/core/trust/trusted-issuer.ts';
import { createTrustDirectory, type TrustDirectory } from '../../src/token/trust-directory.ts';
import { sampleProvider } from '../support/svid-samples.ts';

const issuer: TrustedIssuer = {
  tenant: 'default',
  id: 'i1',
  issuer: 'https://issuer.example',
  jwksUri: null,
  jwks: null,
  algorithms: ['RS256'],
  allowAccessTokenType: false,
  replay: 'reusable',
  staleIfErrorSeconds: 3600,
  caCertificates: null,
  status: 'enabled',
  createdAt: 0,
  updatedAt: 0,
  version: 1,
};

describe('createTrustDirectory', () => {
  let reads: string[];
  let status: 'enabled' | 'disabled';
  let gate: Promise<void>;
  let blocked: readonly Block[];
  let directory: TrustDirectory;

  beforeEach(() => {
    reads = [];
    status = 'enabled';
    blocked = [];
    gate = Promise.resolve();
    directory = createTrustDirectory(
      {
        tenants: { find: async (name: string) => (reads.push(`tenant ${name}`), null) },
        trustedIssuers: {
          findByIssuer: async (tenant: string, name: string) => {
            reads.push(`issuer ${tenant} ${name}`);
            const seen = status;
            await gate;
            return name === issuer.issuer ? { ...issuer, tenant, status: seen } : null;
          },
        },
        serviceAccounts: {
          outlineOf: async () => ({ prefixes: [], unplaced: [] }),
          find: async () => null,
        },
        accountKeys: { listOf: async () => [] },
        blocks: { allOf: async () => blocked },
      } as never,
      { importKey: () => ({ ok: false, error: 'not used here' }) },
      { maxEntries: 10 },
    );
  });
  const read = async (tenant = 'default') =>
    (await directory.issuer(tenant, issuer.issuer))?.trustedIssuer.status;

  it('reads once, however many ask at one time', async () => {
    await Promise.all(Array.from({ length: 100 }, () => read()));
    expect(await read()).toBe('enabled');
    expect(reads).toHaveLength(1);
  });

  it('remembers that something is not there', async () => {
    expect(await directory.issuer('default', 'https://other.example')).toBeNull();
    expect(await directory.issuer('default', 'https://other.example')).toBeNull();
    expect(reads).toHaveLength(1);
  });

  it('reads again after forget, and only what was forgotten', async () => {
    await read();
    await read('acme');
    status = 'disabled';
    directory.forget('default');
    expect(await read()).toBe('disabled');
    expect(await read('acme')).toBe('enabled');
    directory.forgetAll();
    expect(await read('acme')).toBe('disabled');
  });

  it('A65 A66 blocks are read once, and again after forget of their tenant', async () => {
    const isBlocked = async () => (await directory.blocks('default')).account('a') !== null;
    expect(await isBlocked()).toBe(false);
    blocked = [sampleBlock({ kind: 'account', account: 'a' }, { tenant: 'default' })];
    directory.forget('acme');
    expect(await isBlocked()).toBe(false);
    directory.forget('default');
    expect(await isBlocked()).toBe(true);
    blocked = [];
    expect(await isBlocked()).toBe(true);
    directory.forgetAll();
    expect(await isBlocked()).toBe(false);
  });

  it('A66 a read that began before forget is not believed after it', async () => {
    let open: () => void = () => undefined;
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const before = read();
    status = 'disabled';
    directory.forget('default');
    const after = read();
    open();
    expect(await before).toBe('enabled');
    expect(await after).toBe('disabled');
    expect(await read()).toBe('disabled');
  });

  it('A67 a failed read is a fault for who asked, and is tried again for the next', async () => {
    gate = Promise.reject(new Error('down'));
    await expect(read()).rejects.toThrow('down');
    gate = Promise.resolve();
    expect(await read()).toBe('enabled');
  });

  it('A65 A66 credential providers are read once, and again after forget; one that cannot be used keeps its place', async () => {
    let provider = sampleProvider();
    let asked = 0;
    const ofAccount = async () => {
      asked += 1;
      return [provider, sampleProvider({ id: 'provider-2', name: 'plain', claims: [] })];
    };
    const kept = createTrustDirectory(
      { credentialProviders: { ofAccount } } as never,
      { importKey: () => ({ ok: false, error: 'not used here' }) },
      { environmentNames: new Set(['OTHER']) },
    );
    const usable = async () =>
      (await kept.providers('default', 'account-1')).map(({ compiled }) => compiled.ok);
    expect(await usable()).toEqual([false, true]);
    expect(await usable()).toEqual([false, true]);
    expect(asked).toBe(1);
    provider = sampleProvider({ claims: [] });
    kept.forget('acme');
    expect(await usable()).toEqual([false, true]);
    kept.forget('default');
    expect(await usable()).toEqual([true, true]);
    kept.forgetAll();
    await usable();
    expect(asked).toBe(3);
  });

  it('names that strangers make up do not grow the memory, nor push out what is in use', async () => {
    await read();
    for (let index = 0; index < 100; index += 1) {
      await directory.issuer('default', `https://stranger-${index}.example`);
      await read();
    }
    expect(reads.filter((entry) => entry.endsWith(issuer.issuer))).toHaveLength(1);
  });
});
