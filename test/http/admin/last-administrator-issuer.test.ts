// Contract §5, the last administrator: a federation is a way in only while its issuer is not disabled.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceAccount, Status } from '../../../src/core/accounts/service-account.ts';
import {
  type AdminReply,
  type AdminServer,
  buildAccount,
  startAdminServer,
} from '../../support/admin-server.ts';
import { type StoragePlace, storageEngines } from '../../support/storage-engines.ts';
import { sampleAccountKey, sampleFederation, sampleTrustedIssuer } from '../../support/stored-samples.ts';

const accountsPath = '/api/v1/service-accounts';
const lastAdministrator = [409, 'last_administrator'];

describe.each(storageEngines)('a federation as the way in, on $engine', ({ createPlace }) => {
  let place: StoragePlace;
  let server: AdminServer;
  let first: ServiceAccount;
  beforeEach(async () => {
    place = await createPlace();
    server = await startAdminServer({ databaseUrl: place.url });
    first = server.accountOf('administrator~default');
  });
  afterEach(async () => {
    await server.close();
    await place.remove();
  });

  const register = async (status: Status, tenant = 'default'): Promise<string> => {
    const issuer = sampleTrustedIssuer({ tenant, status });
    await server.storage.trustedIssuers.insert(issuer);
    return issuer.issuer;
  };
  const federationsOn = (issuers: readonly string[]): ServiceAccount['federations'] =>
    issuers.map((issuer) => sampleFederation({ issuer }));
  const addAdministrator = (issuers: readonly string[]): Promise<void> =>
    server.storage.serviceAccounts.insert({
      ...buildAccount('default', 'administrator', server.clock.now()),
      name: 'beside',
      federations: federationsOn(issuers),
    });
  const removeKeyOfFirst = async (): Promise<AdminReply> => {
    const [key] = await server.storage.accountKeys.listOf('default', first.id);
    return server.request('DELETE', `${accountsPath}/${first.id}/keys/${key?.id ?? ''}`, { ifMatch: '*' });
  };
  const removeFirst = (query = ''): Promise<AdminReply> =>
    server.request('DELETE', `${accountsPath}/${first.id}${query}`, { ifMatch: '*' });
  const codeOf = ({ status, body }: AdminReply): readonly unknown[] => [status, body['code']];

  it('an issuer that is the only way in of the only administrator stays enabled, unless with force', async () => {
    const registered = sampleTrustedIssuer({ tenant: 'default', jwks: null, caCertificates: null });
    await server.storage.trustedIssuers.insert(registered);
    await addAdministrator([registered.issuer]);
    const disable = (query = ''): Promise<AdminReply> =>
      server.request('PATCH', `/api/v1/trusted-issuers/${registered.id}${query}`, {
        ifMatch: '*',
        body: { status: 'disabled' },
      });
    // Positive control: as long as somebody else has a key, it is a switch like any other.
    expect((await disable()).status).toBe(200);
    const path = `/api/v1/trusted-issuers/${registered.id}`;
    expect((await server.request('PATCH', path, { ifMatch: '*', body: { status: 'enabled' } })).status).toBe(
      200,
    );

    expect((await removeKeyOfFirst()).status).toBe(204);
    expect(codeOf(await disable())).toEqual(lastAdministrator);
    expect((await server.storage.trustedIssuers.find('default', registered.id))?.status).toBe('enabled');
    expect((await disable('?force=true')).status).toBe(200);
  });

  it('of another administrator counts where the issuer is enabled', async () => {
    await addAdministrator([await register('enabled')]);
    expect((await removeFirst()).status).toBe(204);
  });

  it('of another administrator does not count where the issuer is disabled, unless with force', async () => {
    await addAdministrator([await register('disabled'), await register('disabled')]);
    expect(codeOf(await removeKeyOfFirst())).toEqual(lastAdministrator);
    expect(codeOf(await removeFirst())).toEqual(lastAdministrator);
    expect((await removeFirst('?force=true')).status).toBe(204);
  });

  it('of another administrator counts where one of its issuers is enabled', async () => {
    await addAdministrator([await register('disabled'), await register('enabled')]);
    expect((await removeFirst()).status).toBe(204);
  });

  it('counts where the issuer is disabled in another tenant alone', async () => {
    const issuer = await register('disabled', 'acme');
    await server.storage.trustedIssuers.insert(sampleTrustedIssuer({ tenant: 'default', issuer }));
    await addAdministrator([issuer]);
    expect((await removeFirst()).status).toBe(204);
  });

  it.each<[Status, number]>([
    ['enabled', 204],
    ['disabled', 409],
  ])('of the same account, on an issuer that is %s: its last key goes with %i', async (status, expected) => {
    const federations = federationsOn([await register(status)]);
    expect(await server.storage.serviceAccounts.update({ ...first, version: 2, federations })).toBe(true);
    expect((await removeKeyOfFirst()).status).toBe(expected);
    // The control: beside another key it goes in any case.
    if (status === 'enabled') return;
    await server.storage.accountKeys.insert(sampleAccountKey(first, { expiresAt: null }));
    expect((await removeKeyOfFirst()).status).toBe(204);
  });
});
