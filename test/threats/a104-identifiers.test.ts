import { describe, expect, it } from 'vitest';
import { newId } from '../../src/adapters/identifiers/new-id.ts';
import { openTestBureau } from '../support/test-bureau.ts';

const random = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('A104 guessable ids', () => {
  it('A104 10,000 ids: random UUIDs of version 4, no repeat, no order', () => {
    const ids = Array.from({ length: 10_000 }, () => newId());
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(random);
    const rising = ids.filter((id, index) => index > 0 && id > (ids[index - 1] ?? '')).length;
    expect(rising).toBeGreaterThan(4_500);
    expect(rising).toBeLessThan(5_500);
  });

  it('A104 accounts, keys, federations, issuers, receipts: every id the server gives is one of these, none twice', async () => {
    const bureau = await openTestBureau();
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      const { issuer, jwksUri } = bureau.issuer;
      const created = await bureau.admin('POST', '/service-accounts', {
        name: `account-${index}`,
        owningTeam: 'default',
        useCase: 'custom-api-integration',
        federations: [
          { issuer, jwksUri, subject: `repo:acme/${index}`, audience: 'https://sts.example.com' },
        ],
      });
      const { id, federations } = created.body;
      ids.push(id, ...(federations as readonly { id: string }[]).map((federation) => federation.id));
      for (let key = 0; key < 4; key += 1)
        ids.push(
          (await bureau.admin('POST', `/service-accounts/${id}/keys`, { generate: 'Ed25519' })).body.id,
        );
      ids.push((await bureau.token({ grant_type: 'x' })).body.receipt);
    }
    for (const path of ['/trusted-issuers', '/activities?limit=200'])
      for (const { id } of (await bureau.admin('GET', path)).body.items) if (!ids.includes(id)) ids.push(id);
    expect(ids.length).toBeGreaterThan(60);
    for (const id of ids) expect(id).toMatch(random);
    expect(new Set(ids).size).toBe(ids.length);
    await bureau.close();
  });
});
