import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createNameLookUp, parseHosts } from '../../../src/adapters/outbound/look-up-name.ts';
import { createFakeNameServer, type FakeNameServer } from '../../support/fake-name-server.ts';
import { createManualClock } from '../../support/manual-clock.ts';

describe('the hosts file', () => {
  it('hosts(5): comments, several names, several addresses', () => {
    const hosts = parseHosts(
      '# made by hand\n127.0.0.1 localhost\n\n10.0.0.5\tIdP.internal idp # both\n::5  idp\nfe80::1\n',
    );
    expect(hosts.get('idp.internal')).toEqual(['10.0.0.5']);
    expect(hosts.get('idp')).toEqual(['10.0.0.5', '::5']);
    expect([...hosts.keys()]).toEqual(['localhost', 'idp.internal', 'idp']);
  });
});

describe('looking names up', () => {
  const clock = createManualClock();
  const never = new AbortController().signal;
  const cleanUp: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const act of cleanUp.splice(0)) await act();
  });
  const nameServer = async (answers: Parameters<typeof createFakeNameServer>[0]): Promise<FakeNameServer> => {
    const server = await createFakeNameServer(answers);
    cleanUp.push(server.close);
    return server;
  };
  const hostsFile = async (text: string): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'bureau-hosts-'));
    cleanUp.push(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'hosts'), text);
    return join(folder, 'hosts');
  };

  it('asks the name server, for both address families', async () => {
    const server = await nameServer({ 'idp.example': ['192.0.2.7', '2001:db8::7'] });
    const lookUp = createNameLookUp(clock, { servers: [server.address] });
    expect(await lookUp('idp.example', never)).toEqual(['192.0.2.7', '2001:db8::7']);
  });

  it('one family is enough', async () => {
    const server = await nameServer({ 'idp.example': ['2001:db8::7'] });
    expect(await createNameLookUp(clock, { servers: [server.address] })('idp.example', never)).toEqual([
      '2001:db8::7',
    ]);
  });

  it('rejects for a name that does not exist', async () => {
    const server = await nameServer({});
    await expect(
      createNameLookUp(clock, { servers: [server.address] })('idp.example', never),
    ).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('takes a name as fully qualified: no search domain is tried', async () => {
    const server = await nameServer({});
    await expect(
      createNameLookUp(clock, { servers: [server.address] })('kubernetes', never),
    ).rejects.toThrow();
    expect(new Set(server.questions)).toEqual(new Set(['kubernetes']));
  });

  it('the hosts file comes before the name server', async () => {
    const server = await nameServer({ 'idp.internal': ['192.0.2.7'] });
    const lookUp = createNameLookUp(clock, {
      servers: [server.address],
      hostsFile: await hostsFile('10.0.0.5 idp.internal\n'),
    });
    expect(await lookUp('idp.internal', never)).toEqual(['10.0.0.5']);
    expect(server.questions).toEqual([]);
  });

  it('a changed hosts file is seen after a while', async () => {
    const path = await hostsFile('10.0.0.5 idp.internal\n');
    const lookUp = createNameLookUp(clock, { hostsFile: path });
    expect(await lookUp('idp.internal', never)).toEqual(['10.0.0.5']);
    await writeFile(path, '10.0.0.6 idp.internal\n');
    expect(await lookUp('idp.internal', never)).toEqual(['10.0.0.5']);
    clock.advance(6000);
    expect(await lookUp('idp.internal', never)).toEqual(['10.0.0.6']);
  });

  it('a hosts file that is not there is an empty one', async () => {
    const server = await nameServer({ 'idp.example': ['192.0.2.7'] });
    const lookUp = createNameLookUp(clock, { servers: [server.address], hostsFile: '/nowhere/hosts' });
    expect(await lookUp('idp.example', never)).toEqual(['192.0.2.7']);
  });

  it.each(['localhost', 'idp.localhost'])(
    'RFC 6761 §6.3 %s is this machine and is asked of nobody',
    async (name) => {
      const server = await nameServer({});
      expect(await createNameLookUp(clock, { servers: [server.address] })(name, never)).toEqual([
        '127.0.0.1',
        '::1',
      ]);
      expect(server.questions).toEqual([]);
    },
  );

  it('gives up when it is told to, before it asked and after', async () => {
    const server = await nameServer('hang');
    const lookUp = createNameLookUp(clock, { servers: [server.address] });
    await expect(lookUp('idp.example', AbortSignal.abort())).rejects.toThrow();
    expect(server.questions).toEqual([]);
    const controller = new AbortController();
    const looked = lookUp('idp.example', controller.signal);
    looked.catch(() => undefined);
    await vi.waitFor(() => expect(server.questions).toContain('idp.example'));
    controller.abort();
    await expect(looked).rejects.toMatchObject({ code: 'ECANCELLED' });
  });
});
