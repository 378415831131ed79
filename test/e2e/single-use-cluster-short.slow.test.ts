import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, openCluster, sendToEveryNode } from '../support/cluster.ts';
import { createFakeIssuerKey } from '../support/fake-issuer.ts';
import { makeAssertion, type OwnKey } from '../support/own-key.ts';
import { doors } from '../support/test-bureau.ts';
import { expectIssued, expectRefused } from '../support/token-answers.ts';

describe('three nodes on one PostgreSQL', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await openCluster();
  });
  afterAll(() => cluster.close());

  const ownKeyDoors = doors.slice(1);
  const any = { 'if-match': '*' };
  const send = (index: number, key: OwnKey) => {
    const door = ownKeyDoors[index % ownKeyDoors.length];
    return cluster.nodes[index]?.token(door?.form(makeAssertion(key)) ?? {});
  };
  /** Asks a node until it refuses, for the five seconds it may take (contract §7). */
  const refusedInTime = async (index: number, key: OwnKey): Promise<void> => {
    const end = Date.now() + 5000;
    let answer = await send(index, key);
    while (answer?.status === 200 && Date.now() < end) answer = await send(index, key);
    if (answer === undefined) throw new Error(`no node ${index}`);
    expectRefused(answer, 400, ownKeyDoors[index % ownKeyDoors.length]?.badToken ?? '');
  };

  it.each([
    ['disabled key', 'PATCH', '/keys/the-key', { status: 'disabled' }],
    ['deleted key', 'DELETE', '/keys/the-key', undefined],
    ['disabled account', 'PATCH', '', { status: 'disabled' }],
    ['deleted account', 'DELETE', '', undefined],
  ])(
    'A61 A65 CA-25 a %s is refused at once where it was done, and within 5 s everywhere',
    async (what, method, rest, body) => {
      const key = await cluster.createKey(what);
      const spare = await cluster.createKey(`spare of ${what}`);
      // Warm: every node knows it.
      for (const index of cluster.nodes.keys()) expect((await send(index, key))?.status).toBe(200);
      const done = await cluster.admin(method, `/service-accounts/${key.accountId}${rest}`, body, any);
      expect(done.status).toBe(method === 'DELETE' ? 204 : 200);
      expect((await send(0, key))?.status).toBe(400);
      await Promise.all(cluster.nodes.map((_node, index) => refusedInTime(index, key)));
      for (const index of cluster.nodes.keys()) {
        const control = await send(index, spare);
        if (control !== undefined) expectIssued(control);
      }
    },
  );

  it.each([
    ['single-use', 1],
    ['reusable', 100],
  ] as const)(
    'A40 B37 a %s third-party token, 100 times at once at two nodes: %i tokens',
    async (replay, tokens) => {
      const issuer = `https://${replay}.example.org`;
      const { privateKey, kid, jwk } = await createFakeIssuerKey('ES256');
      const registered = await cluster.admin('POST', '/trusted-issuers', {
        issuer,
        replay,
        jwks: { keys: [jwk] },
      });
      expect(registered.status).toBe(201);
      const subject = `repo:acme/${replay}:ref`;
      const audience = 'https://sts.example.com';
      const account = await cluster.admin('POST', '/service-accounts', {
        name: replay,
        owningTeam: 'default',
        useCase: 'custom-api-integration',
        federations: [{ issuer, subject, audience }],
      });
      expect(account.status).toBe(201);
      const token = makeAssertion(
        { accountId: '', kid, algorithm: 'ES256', privateKey, audience },
        { iss: issuer, sub: subject },
      );
      // The other nodes learn of the issuer first, from a token of its own.
      const other = () =>
        makeAssertion(
          { accountId: '', kid, algorithm: 'ES256', privateKey, audience },
          { iss: issuer, sub: subject },
        );
      for (const node of cluster.nodes)
        await expect
          .poll(async () => (await node.token(doors[0]?.form(other()) ?? {})).status, { timeout: 5000 })
          .toBe(200);
      const answers = await Promise.all(
        Array.from({ length: 100 }, async (_unused, index) =>
          cluster.nodes[1 + (index % 2)]?.token(doors[index % doors.length]?.form(token) ?? {}),
        ),
      );
      expect(answers.filter((answer) => answer?.status === 200)).toHaveLength(tokens);
      for (const answer of answers) expect([200, 400]).toContain(answer?.status);
    },
  );

  it('B37 A41 CA-14 of one assertion at the three at once one is accepted, also over the kill of a node: 200 times', async () => {
    const report = await sendToEveryNode(cluster, { assertions: 200, inFlight: 8 });
    expect(report).toMatchObject({ assertions: 200, acceptedTwice: 0, acceptedByNone: 0, acceptedAgain: 0 });
    expect(report.strange).toEqual({});
    // Controls: nearly all were accepted, and not by one node alone.
    expect(report.accepted).toBeGreaterThanOrEqual(report.assertions - report.aroundTheKill);
    expect(report.aroundTheKill).toBeGreaterThan(0);
    for (const tokens of report.byNode) expect(tokens).toBeGreaterThan(0);
  }, 180_000);
});
