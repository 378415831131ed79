import { describe, expect, it } from 'vitest';
import { noBlocks } from '../../src/core/blocks/blocks.ts';
import { buildFederationIndex } from '../../src/core/trust/federation-index.ts';
import type { Explanations } from '../../src/token/explanations.ts';
import { withProposed } from '../../src/token/explain-proposed.ts';
import { atHand } from '../../src/token/registered-federations.ts';
import { trustedIssuer } from '../support/foreign-keys.ts';
import { federation, registered, serviceAccount } from '../support/registered.ts';

const saved = serviceAccount();
const key = { id: 'key-1' };

/** Every tenant has the same issuer and the same account. */
const directory = {
  tenant: async () => null,
  issuer: async (tenant: string, issuer: string) =>
    issuer === registered.issuer
      ? {
          trustedIssuer: trustedIssuer({ tenant, issuer }),
          federations: atHand(buildFederationIndex([{ ...saved, tenant }], issuer, noBlocks)),
        }
      : null,
  account: async (tenant: string, id: string) =>
    id === saved.id ? { account: { ...saved, tenant }, keys: [key] } : null,
  providers: async () => [],
  blocks: async () => noBlocks,
} as unknown as Explanations['directory'];

const unknown = 'https://unknown.example.com';
const proposed = serviceAccount({
  name: 'proposed',
  federations: [federation({ issuer: unknown }), federation({ subject: 'job:9' })],
});
const laid = withProposed(directory, {
  account: proposed,
  newIssuers: [trustedIssuer({ issuer: unknown })],
});
const covering = async (tenant: string, issuer: string, subject: string) => {
  const index = await (await laid.issuer(tenant, issuer))?.federations.covering(subject);
  return index?.covering(subject).map(({ account }) => account.name);
};

describe('what is registered with a registration that is not saved', () => {
  it('its federations stand in the place of those of the account it replaces', async () => {
    expect(await covering('default', registered.issuer, 'job:9')).toEqual(['proposed']);
    expect(await covering('default', registered.issuer, registered.subject)).toEqual([]);
  });

  it('an issuer that would be new is known, another one is not', async () => {
    expect(await covering('default', unknown, registered.subject)).toEqual(['proposed']);
    expect(await laid.issuer('default', 'https://else.example.com')).toBeNull();
  });

  it('the account is the proposed one with the keys it has; another one is as it is', async () => {
    expect(await laid.account('default', saved.id)).toEqual({ account: proposed, keys: [key] });
    expect(await laid.account('default', 'nobody')).toBeNull();
    const added = withProposed(directory, { account: { ...proposed, id: 'new' }, newIssuers: [] });
    expect(await added.account('default', 'new')).toEqual({ account: { ...proposed, id: 'new' }, keys: [] });
    expect((await added.account('default', saved.id))?.account.name).toBe(saved.name);
  });

  it('A107 another tenant sees nothing of it', async () => {
    expect(await covering('acme', registered.issuer, registered.subject)).toEqual([saved.name]);
    expect(await covering('acme', registered.issuer, 'job:9')).toEqual([]);
    expect(await laid.issuer('acme', unknown)).toBeNull();
    expect((await laid.account('acme', saved.id))?.account.name).toBe(saved.name);
  });
});
