import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AccountKey } from '../../../src/core/accounts/account-key.ts';
import type { ServiceAccount } from '../../../src/core/accounts/service-account.ts';
import {
  type AdminReply,
  type AdminServer,
  buildAccount,
  startAdminServer,
} from '../../support/admin-server.ts';
import { type StoragePlace, storageEngines } from '../../support/storage-engines.ts';
import { sampleAccountKey, sampleFederation } from '../../support/stored-samples.ts';
import { countAdministrators } from '../../support/count-administrators.ts';

const accountsPath = '/api/v1/service-accounts';
const codeOf = ({ status, body }: AdminReply): readonly unknown[] => [status, body['code']];
const lastAdministrator = [409, 'last_administrator'];

let server: AdminServer;
/** The administrator the tenant starts with; it has one usable key. */
let first: ServiceAccount;

const start = async (databaseUrl?: string): Promise<void> => {
  server = await startAdminServer(databaseUrl === undefined ? {} : { databaseUrl });
  first = server.accountOf('administrator~default');
};
/** Back to the start: the first administrator with one key, nobody beside it. */
const reset = async (): Promise<void> => {
  const { serviceAccounts, accountKeys } = server.storage;
  const { items } = await serviceAccounts.list('default', {}, { limit: 200, cursor: null });
  for (const { id, role, name, version } of items)
    if (role === 'administrator' || name === 'beside' || id === first.id)
      await serviceAccounts.remove('default', id, version);
  await serviceAccounts.insert(first);
  await accountKeys.insert(sampleAccountKey(first, { expiresAt: null }));
};

type KeyState = Partial<Pick<AccountKey, 'status' | 'expiresAt'>>;

/** A further account of tenant `default`; default: an administrator with one usable key. */
const addAccount = async (
  name: string,
  keys: readonly KeyState[] = [{}],
  changes: Partial<ServiceAccount> = {},
): Promise<ServiceAccount> => {
  const account = { ...buildAccount('default', 'administrator', server.clock.now()), name, ...changes };
  await server.storage.serviceAccounts.insert(account);
  for (const key of keys)
    await server.storage.accountKeys.insert(sampleAccountKey(account, { expiresAt: null, ...key }));
  return account;
};
const keysOf = ({ id }: ServiceAccount) => server.storage.accountKeys.listOf('default', id);
const keyPathOf = async (account: ServiceAccount, index = 0): Promise<string> =>
  `${accountsPath}/${account.id}/keys/${(await keysOf(account))[index]?.id ?? ''}`;

/** One way to take an account's power to administer away. */
interface Act {
  readonly what: string;
  readonly run: (account: ServiceAccount, force?: boolean) => Promise<AdminReply>;
}
const send = async (method: string, path: string, body?: unknown, force = false): Promise<AdminReply> =>
  server.request(method, `${path}${force ? '?force=true' : ''}`, {
    ifMatch: '*',
    ...(body === undefined ? {} : { body }),
  });

const onAccount: readonly Act[] = [
  { what: 'delete', run: ({ id }, force) => send('DELETE', `${accountsPath}/${id}`, undefined, force) },
  {
    what: 'disable',
    run: ({ id }, force) => send('PATCH', `${accountsPath}/${id}`, { status: 'disabled' }, force),
  },
  {
    what: 'demote',
    run: ({ id }, force) => send('PATCH', `${accountsPath}/${id}`, { role: 'viewer' }, force),
  },
  { what: 'strip', run: ({ id }, force) => send('PATCH', `${accountsPath}/${id}`, { role: null }, force) },
  {
    what: 'disable among other changes',
    run: ({ id }, force) =>
      send(
        'PATCH',
        `${accountsPath}/${id}`,
        { description: 'x', status: 'disabled', role: 'auditor' },
        force,
      ),
  },
];
const onKey: readonly Act[] = [
  {
    what: 'delete the one key of',
    run: async (account, force) => send('DELETE', await keyPathOf(account), undefined, force),
  },
  {
    what: 'disable the one key of',
    run: async (account, force) => send('PATCH', await keyPathOf(account), { status: 'disabled' }, force),
  },
];
const acts = [...onAccount, ...onKey];

describe.each(acts)('$what the last administrator', ({ run }) => {
  beforeAll(() => start());
  afterAll(() => server.close());
  beforeEach(reset);

  const unchanged = async (act: () => Promise<AdminReply>): Promise<void> => {
    const before = [await server.storage.serviceAccounts.find('default', first.id), await keysOf(first)];
    const trail = async () => (await server.request('GET', '/api/v1/activities')).body['items'];
    const activities = await trail();
    const reply = await act();
    expect(codeOf(reply)).toEqual(lastAdministrator);
    expect(reply.headers['content-type']).toBe('application/problem+json');
    expect([await server.storage.serviceAccounts.find('default', first.id), await keysOf(first)]).toEqual(
      before,
    );
    expect(await trail()).toEqual(activities);
  };

  it('is refused, with force too', async () => {
    await unchanged(() => run(first));
    await unchanged(() => run(first, true));
  });

  it.each<[string, readonly KeyState[], Partial<ServiceAccount>]>([
    ['a disabled administrator', [{}], { status: 'disabled' }],
    ['a viewer', [{}], { role: 'viewer' }],
    ['an auditor', [{}], { role: 'auditor' }],
    ['an account without a role', [{}], { role: null }],
  ])('is refused beside %s, with force too', async (_what, keys, changes) => {
    await addAccount('beside', keys, changes);
    await unchanged(() => run(first));
    await unchanged(() => run(first, true));
  });

  it('is refused beside an administrator of another tenant', async () => {
    expect(server.accountOf('administrator~acme').status).toBe('enabled');
    await unchanged(() => run(first, true));
  });

  it.each<[string, readonly KeyState[]]>([
    ['without a key', []],
    ['with a disabled key', [{ status: 'disabled' }]],
    ['with a key that ended', [{ expiresAt: 1 }]],
    ['with a disabled and an ended key', [{ status: 'disabled' }, { expiresAt: 1 }]],
  ])('beside an administrator %s is refused, and done with force', async (_what, keys) => {
    await addAccount('beside', keys);
    await unchanged(() => run(first));
    expect((await run(first)).body['detail']).toContain('?force=true');
    expect((await run(first, true)).status).toBeLessThan(300);
  });

  it.each<[string, readonly KeyState[], Partial<ServiceAccount>]>([
    ['with a key', [{}], {}],
    ['with a key that ends later', [{ expiresAt: Date.UTC(2099, 0, 1) }], {}],
    ['with a good key among bad ones', [{ status: 'disabled' }, {}, { expiresAt: 1 }], {}],
    ['with a federation', [], { federations: [sampleFederation()] }],
  ])('beside an administrator %s is done', async (_what, keys, changes) => {
    await addAccount('beside', keys, changes);
    expect((await run(first)).status).toBeLessThan(300);
  });
});

describe.each(onAccount)('$what the last administrator, who has no way in', ({ run }) => {
  beforeEach(() => start());
  afterEach(() => server.close());

  it('is refused, with force too: what could be mended from the store could then not be', async () => {
    const [key] = await keysOf(first);
    await server.storage.accountKeys.remove('default', key?.id ?? '', 1);
    for (const force of [false, true]) expect(codeOf(await run(first, force))).toEqual(lastAdministrator);
    // Beside another one without a way in nothing is lost.
    await addAccount('beside', []);
    expect((await run(first)).status).toBeLessThan(300);
  });
});

describe('of several ways in the last one is what counts', () => {
  beforeEach(() => start());
  afterEach(() => server.close());

  const second = () => sampleAccountKey(first, { expiresAt: null });

  it.each(onKey)('$what an administrator that has another one is done', async ({ run }) => {
    await server.storage.accountKeys.insert(second());
    expect((await run(first)).status).toBeLessThan(300);
    // Then the other one is the last.
    expect(codeOf(await send('DELETE', await keyPathOf(first, -1 + (await keysOf(first)).length)))).toEqual(
      lastAdministrator,
    );
  });

  it.each(onKey)('$what an administrator with a federation is done', async ({ run }) => {
    expect(
      await server.storage.serviceAccounts.update({
        ...first,
        version: 2,
        federations: [sampleFederation()],
      }),
    ).toBe(true);
    expect((await run(first)).status).toBeLessThan(300);
  });

  it('the last federation of an administrator without a key stays', async () => {
    const path = `${accountsPath}/${first.id}`;
    const federated = { ...first, version: 2, federations: [sampleFederation()] };
    expect(await server.storage.serviceAccounts.update(federated)).toBe(true);
    expect((await send('DELETE', await keyPathOf(first))).status).toBe(204);
    for (const force of [false, true])
      expect(codeOf(await send('PATCH', path, { federations: [] }, force))).toEqual(lastAdministrator);
    await addAccount('beside');
    expect((await send('PATCH', path, { federations: [] })).status).toBe(200);
  });

  it('a key that is disabled or ended is no loss', async () => {
    for (const state of [{ status: 'disabled' }, { expiresAt: server.clock.now() - 1 }] as const)
      await server.storage.accountKeys.insert(sampleAccountKey(first, { expiresAt: null, ...state }));
    for (const index of [2, 1])
      expect((await send('DELETE', await keyPathOf(first, index))).status).toBe(204);
    expect(codeOf(await send('DELETE', await keyPathOf(first)))).toEqual(lastAdministrator);
  });

  it('a key that was about to end ended meanwhile: then the other administrator is the last one', async () => {
    const other = await addAccount('beside', [{ expiresAt: server.clock.now() + 1000 }]);
    expect((await send('PATCH', `${accountsPath}/${first.id}`, { description: 'still two' })).status).toBe(
      200,
    );
    server.clock.advance(1000);
    expect(codeOf(await send('DELETE', await keyPathOf(first)))).toEqual(lastAdministrator);
    expect((await send('DELETE', `${accountsPath}/${other.id}`)).status).toBe(204);
  });

  it('a key is given an end that lies ahead: there is time to add another one', async () => {
    const expiresAt = new Date(server.clock.now() + 60_000).toISOString();
    expect((await send('PATCH', await keyPathOf(first), { expiresAt })).status).toBe(200);
    server.clock.advance(60_000);
    // Nothing is lost by taking away what is over; and a change that gives nothing up is never refused.
    expect((await send('PATCH', `${accountsPath}/${first.id}`, { description: 'x' })).status).toBe(200);
  });

  it.each(['administrator', 'viewer', null] as const)(
    'keys and accounts with role %s of others are none of its business',
    async (role) => {
      const other = await addAccount('other', [{}], { role });
      expect((await send('DELETE', await keyPathOf(other))).status).toBe(204);
      expect((await send('DELETE', `${accountsPath}/${other.id}`)).status).toBe(204);
    },
  );

  it('what gives nothing up is done without a word: rename, enable, prolong, add', async () => {
    const path = `${accountsPath}/${first.id}`;
    for (const body of [{ name: 'renamed' }, { role: 'administrator' }, { status: 'enabled' }])
      expect((await send('PATCH', path, body)).status).toBe(200);
    expect((await send('PATCH', await keyPathOf(first), { status: 'enabled', expiresAt: null })).status).toBe(
      200,
    );
    expect((await send('POST', `${path}/keys`, { generate: 'ES256' })).status).toBe(201);
  });

  it('an administrator without a way in can be made one with one, and is no obstacle', async () => {
    const keyless = await addAccount('keyless', []);
    expect((await send('POST', `${accountsPath}/${keyless.id}/keys`, { generate: 'ES256' })).status).toBe(
      201,
    );
    expect((await send('DELETE', await keyPathOf(first))).status).toBe(204);
    expect((await send('DELETE', `${accountsPath}/${first.id}`)).status).toBe(204);
  });
});

describe.each(storageEngines)('two at once on $engine', ({ createPlace }) => {
  let place: StoragePlace;
  beforeAll(async () => {
    place = await createPlace();
    await start(place.url);
  });
  afterAll(async () => {
    await server.close();
    await place.remove();
  });
  beforeEach(reset);

  const pairs = acts.flatMap((one) =>
    acts.map((other) => ({ one, other, title: `${one.what} one, ${other.what} other` })),
  );
  it.each(pairs)('A66 $title: exactly one is done', async ({ one, other }) => {
    const second = await addAccount('beside');
    const replies = await Promise.all([one.run(first), other.run(second)]);
    const [refused, ...none] = replies.filter(({ status }) => status >= 300);
    expect([replies.length, none]).toEqual([2, []]);
    // Whoever lost the role or the account before the request was looked at may not even ask.
    expect([lastAdministrator, [401, 'invalid_token'], [403, 'forbidden']]).toContainEqual(
      codeOf(refused as AdminReply),
    );
    const now = server.clock.now();
    expect(await countAdministrators(server.storage, 'default', now)).toBe(1);
  });

  it('A66 five that are all deleted at once, with force: never all', async () => {
    const accounts = [first];
    for (const name of ['a', 'b', 'c', 'd']) accounts.push(await addAccount(name));
    const replies = await Promise.all(
      accounts.map(({ id }) => send('DELETE', `${accountsPath}/${id}`, undefined, true)),
    );
    const done = replies.filter(({ status }) => status === 204).length;
    const left = await countAdministrators(server.storage, 'default');
    expect([left, left > 0]).toEqual([5 - done, true]);
  });
});
