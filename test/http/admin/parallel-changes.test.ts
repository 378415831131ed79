import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AdminServer,
  goodAccount,
  goodFederation,
  startAdminServer,
} from '../../support/admin-server.ts';
import { type StoragePlace, storageEngines } from '../../support/storage-engines.ts';
import { countAdministrators } from '../../support/count-administrators.ts';

describe.each(storageEngines)('changes at once on $engine', ({ createPlace }) => {
  let place: StoragePlace;
  let server: AdminServer;
  beforeAll(async () => {
    place = await createPlace();
    server = await startAdminServer({ databaseUrl: place.url });
  });
  afterAll(async () => {
    await server.close();
    await place.remove();
  });

  const post = (name: string, members: object) =>
    server.request('POST', '/api/v1/service-accounts', { body: goodAccount(name, { ...members }) });
  const statusesOf = (replies: readonly { readonly status: number }[]) =>
    replies.map(({ status }) => status).toSorted((a, b) => a - b);

  it('A43 of ten equal federations one is registered, with its new issuer once', async () => {
    const federations = [{ ...goodFederation, issuer: 'https://parallel.example.org' }];
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) => post(`p${index}`, { federations })),
    );
    expect(statusesOf(replies)).toEqual([201, ...Array.from({ length: 9 }, () => 409)]);
    expect(replies.filter(({ body }) => body['code'] === 'federation_exists')).toHaveLength(9);
    expect(
      await server.storage.serviceAccounts.findByIssuer('default', 'https://parallel.example.org', 10),
    ).toHaveLength(1);
  });

  it('A72 of ten writers with one ETag one wins', async () => {
    const path = (await post('contended', {})).headers['location'] ?? '';
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        server.request('PATCH', path, { ifMatch: '"1"', body: { description: `${index}` } }),
      ),
    );
    expect(statusesOf(replies)).toEqual([200, ...Array.from({ length: 9 }, () => 412)]);
  });

  it('A81 of a trust domain taken and trusted at the same time one half is refused, whichever comes second', async () => {
    for (let round = 0; round < 6; round += 1) {
      const trustDomain = `race-${round}.example`;
      const issuer = `spiffe://${trustDomain}`;
      const requests = [
        () => server.request('PATCH', '/api/v1/settings', { ifMatch: '*', body: { trustDomain } }),
        () =>
          server.request('POST', '/api/v1/trusted-issuers', {
            body: {
              issuer,
              bundleEndpointUrl: 'https://bundle.example.org/',
              bundleEndpointProfile: 'https_web',
            },
          }),
      ];
      const order = round % 2 === 0 ? requests : requests.toReversed();
      const replies = await Promise.all(order.map((send) => send()));
      const own = (await server.storage.tenants.find('default'))?.settings.trustDomain === trustDomain;
      const trusted = (await server.storage.trustedIssuers.findByIssuer('default', issuer)) !== null;
      expect([round, own !== trusted, statusesOf(replies).at(-1)]).toEqual([round, true, 422]);
    }
  });

  it('two administrators who delete each other leave one', async () => {
    const own = `/api/v1/service-accounts/${server.accountOf('administrator~default').id}`;
    const second = (await post('second', { role: 'administrator' })).headers['location'] ?? '';
    const replies = await Promise.all(
      [own, second].map((path) => server.request('DELETE', path, { ifMatch: '*' })),
    );
    // The second request comes too late: for its administrator, who is gone (401), or for the last one (409).
    expect([
      [204, 401],
      [204, 409],
    ]).toContainEqual(statusesOf(replies));
    expect(await countAdministrators(server.storage, 'default')).toBe(1);
  });
});
