import { beforeEach, describe, expect, it } from 'vitest';
import type { ServiceAccount } from '../../src/core/accounts/service-account.ts';
import type { FederationGroup } from '../../src/core/trust/federation-group.ts';
import { federation, serviceAccount } from '../support/registered.ts';
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

  describe('federations', () => {
    const covered = 'job:1';
    const other = { ...issuer, tenant: 'default' };
    let held: Map<string, readonly ServiceAccount[]>;
    let prefixes: string[];
    let asked: string[];
    let opening: Promise<void>;
    let kept: TrustDirectory;

    beforeEach(() => {
      held = new Map([['job:1', [holderOf('a', 'job:1')]]]);
      prefixes = [];
      asked = [];
      opening = Promise.resolve();
      kept = createTrustDirectory(
        {
          trustedIssuers: { findByIssuer: async () => other },
          serviceAccounts: {
            outlineOf: async () => (asked.push('outline'), { prefixes: [...prefixes], unplaced: [] }),
            findByGroups: async (groups: readonly FederationGroup[]) => {
              asked.push(groups.map(({ text }) => text).join(' '));
              const found = groups.map(({ text }) => held.get(text) ?? []);
              await opening;
              return found;
            },
          },
          blocks: { allOf: async () => [] },
        } as never,
        { importKey: () => ({ ok: false, error: 'not used here' }) },
        { federations: { textBytes: 20_000, readyBytes: 20_000, absentBytes: 4000 } },
      );
    });

    const holderOf = (id: string, subject: string) =>
      serviceAccount({
        id,
        federations: [
          federation({
            id: `${id}-f`,
            issuer: issuer.issuer,
            ...(subject.includes('*') ? { subjectPattern: subject } : { subject }),
          }),
        ],
      });
    const covering = async (subject: string): Promise<readonly string[]> => {
      const entry = await kept.issuer('default', issuer.issuer);
      const index = await entry?.federations.covering(subject);
      return index?.covering(subject).map(({ account }) => account.id) ?? [];
    };
    /** From then on it is kept. */
    const coverTwice = async (subject: string): Promise<void> => {
      await covering(subject);
      await covering(subject);
    };
    const group = (kind: FederationGroup['kind'], text: string): FederationGroup => ({
      tenant: 'default',
      issuer: issuer.issuer,
      kind,
      text,
    });
    const touched = (...groups: readonly FederationGroup[]) => ({ accounts: [], groups, issuers: [] });

    it('are read twice for each subject, those of one turn together, and once that there are none', async () => {
      await covering('job:0');
      asked = [];
      expect(await Promise.all(['job:1', 'job:2', 'job:1', 'job:3'].map(covering))).toEqual([
        ['a'],
        [],
        ['a'],
        [],
      ]);
      for (let time = 0; time < 3; time += 1)
        expect(await Promise.all(['job:1', 'job:2', 'job:3'].map(covering))).toEqual([['a'], [], []]);
      expect(asked).toEqual(['job:1 job:2 job:3', 'job:1']);
    });

    it('A66 only what was touched is read again, and what was being read of it is not believed', async () => {
      held.set('job:2', [holderOf('b', 'job:2')]);
      await Promise.all(['job:1', 'job:2'].map(coverTwice));
      asked = [];
      let open: () => void = () => undefined;
      opening = new Promise((resolve) => {
        open = resolve;
      });
      kept.forget('default', touched(group('subject', covered)));
      const before = covering(covered);
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      held.set(covered, []);
      kept.forget('default', touched(group('subject', covered)));
      const after = covering(covered);
      open();
      expect(await before).toEqual(['a']);
      expect(await after).toEqual([]);
      expect(await covering(covered)).toEqual([]);
      expect(await covering('job:2')).toEqual(['b']);
      expect(asked).toEqual(['job:1', 'job:1']);
    });

    it('A66 a change of the tenant that says no more makes all be read again, also what is under way', async () => {
      let open: () => void = () => undefined;
      await covering('job:0');
      opening = new Promise((resolve) => {
        open = resolve;
      });
      const before = covering(covered);
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      held.set(covered, []);
      kept.forget('default');
      const after = covering(covered);
      open();
      expect(await before).toEqual(['a']);
      expect(await after).toEqual([]);
      expect(await covering(covered)).toEqual([]);
    });

    it('a pattern that begins as none did before is found after it was touched; others cost no reading', async () => {
      expect(await covering('job:1')).toEqual(['a']);
      prefixes = ['job:'];
      held.set('job:', [holderOf('p', 'job:*')]);
      kept.forget('default', touched(group('prefix', 'job:')));
      expect(await covering('job:1')).toEqual(['a', 'p']);
      expect(await covering('job:7')).toEqual(['p']);
      asked = [];
      held.set('job:', []);
      kept.forget('default', touched(group('prefix', 'job:')));
      expect(await covering('job:1')).toEqual(['a']);
      expect(asked).toEqual(['job:']);
    });

    it('what nobody had registered is found as soon as somebody has', async () => {
      expect(await covering('job:2')).toEqual([]);
      held.set('job:2', [holderOf('b', 'job:2')]);
      kept.forget('default', touched(group('subject', 'job:3')));
      expect(await covering('job:2')).toEqual([]);
      kept.forget('default', touched(group('subject', 'job:2')));
      expect(await covering('job:2')).toEqual(['b']);
    });

    it('an issuer that was touched is read again', async () => {
      await coverTwice('job:1');
      asked = [];
      kept.forget('default', { accounts: [], groups: [], issuers: [issuer.issuer] });
      await covering('job:1');
      expect(asked).toEqual(['outline']);
    });

    it('A67 a failed read is a fault for who asked, and is tried again for the next', async () => {
      await covering('job:0');
      opening = Promise.reject(new Error('down'));
      opening.catch(() => undefined);
      await expect(covering('job:1')).rejects.toThrow('down');
      opening = Promise.resolve();
      expect(await covering('job:1')).toEqual(['a']);
    });

    it('B28 subjects that nobody registered push out nothing that is in use', async () => {
      await coverTwice('job:1');
      for (let index = 0; index < 200; index += 1) await covering(`stranger:${index}`);
      asked = [];
      await covering('job:1');
      expect(asked).toEqual([]);
      await covering('stranger:0');
      expect(asked).toEqual(['stranger:0']);
    });

    it('what is kept is bounded: what was asked for longest ago goes', async () => {
      for (let index = 0; index < 50; index += 1)
        held.set(`many:${index}`, [holderOf(`m${index}`, `many:${index}`)]);
      for (let index = 0; index < 50; index += 1) await coverTwice(`many:${index}`);
      asked = [];
      await covering('many:49');
      await covering('many:0');
      expect(asked).toEqual(['many:0']);
    });
  });
});
