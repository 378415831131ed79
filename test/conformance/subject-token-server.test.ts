import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/bureau-process.ts';
import { type Canary, createCanary } from '../support/canary.ts';
import { createFakeIssuer, createFakeIssuerKey, type FakeIssuer } from '../support/fake-issuer.ts';
import { type Door, doors, openTestBureau, registered, type TestBureau } from '../support/test-bureau.ts';
import { expectIssued, expectRefused, readIssued, reasonBehind } from '../support/token-answers.ts';

const now = (): number => Math.floor(Date.now() / 1000);

/** The rows of group D that need the whole server; the others are in subject-token.test.ts. */
describe('third-party tokens at the server', () => {
  let bureau: TestBureau;
  let second: FakeIssuer;
  let canary: Canary;
  let secondIssuerId: string;
  beforeAll(async () => {
    [second, canary] = await Promise.all([createFakeIssuer(), createCanary()]);
    bureau = await openTestBureau({ allow: [`${second.host}:${second.port}`] });
    const issuer = await bureau.admin('POST', '/trusted-issuers', {
      issuer: second.issuer,
      jwksUri: second.jwksUri,
      replay: 'single-use',
    });
    expect(issuer.status).toBe(201);
    secondIssuerId = issuer.body.id;
  });
  afterAll(() => Promise.all([bureau.close(), second.close(), canary.close()]));

  const expectReason = async (answer: Answer, { badToken }: Door, reason: string): Promise<void> => {
    expectRefused(answer, 400, badToken);
    expect(await reasonBehind(bureau, answer)).toBe(reason);
  };
  let made = 0;
  const addAccount = async (federation: object, more: object = {}): Promise<string> => {
    made += 1;
    const created = await bureau.admin('POST', '/service-accounts', {
      name: `account-${made}`,
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      audiences: ['https://api.example.com'],
      federations: [
        {
          issuer: bureau.issuer.issuer,
          jwksUri: bureau.issuer.jwksUri,
          audience: registered.audience,
          ...federation,
        },
      ],
      ...more,
    });
    expect(created).toMatchObject({ status: 201 });
    return created.body.id;
  };
  describe.each(doors)('$name', (door) => {
    const present = async (token: string, more: Record<string, string> = {}): Promise<Answer> =>
      bureau.token({ ...door.form(token), ...more });

    it('ST-13 A08 keys are bound to their issuer, whatever kid they share', async () => {
      const subject = `repo:acme/bound:${door.name.replaceAll(' ', '-')}`;
      await addAccount({ issuer: second.issuer, jwksUri: second.jwksUri, subject });
      const [ownKey] = bureau.issuer.keys;
      const [theirKey] = second.keys;
      if (ownKey === undefined || theirKey === undefined) throw new Error('no key');
      const claims = { sub: registered.subject, aud: registered.audience };
      const theirs = { sub: subject, aud: registered.audience, jti: randomUUID() };
      for (let round = 0; round < 2; round += 1) {
        // iss of the one, key and kid of the other.
        await expectReason(
          await present(await second.signToken({ ...claims, iss: bureau.issuer.issuer })),
          door,
          'key_unknown',
        );
        await expectReason(
          await present(await bureau.issuer.signToken({ ...theirs, iss: second.issuer })),
          door,
          'key_unknown',
        );
        // The kid of the right one on the signature of the other.
        const borrowed = await second.signToken(
          { ...claims, iss: bureau.issuer.issuer },
          { kid: ownKey.kid },
        );
        await expectReason(await present(borrowed), door, 'signature_invalid');
        // Controls, which also warm both caches for the second round.
        expectIssued(await present(await bureau.goodToken()));
        expectIssued(await present(await second.signToken({ ...theirs, jti: randomUUID() })));
      }
    });

    it('ST-14 A49 an issuer nobody registered causes no request to anybody', async () => {
      expectIssued(await present(await bureau.goodToken()));
      const before = bureau.issuer.hits() + second.hits();
      for (const iss of [
        canary.url,
        `${canary.url}/`,
        `${bureau.issuer.issuer}/`,
        `${bureau.issuer.issuer}/../`,
        `${bureau.issuer.issuer}@${canary.url.slice(7)}`,
        `${bureau.issuer.issuer}?x`,
        `${bureau.issuer.issuer}#x`,
        bureau.issuer.issuer.toUpperCase(),
        ` ${bureau.issuer.issuer}`,
      ])
        await expectReason(
          await present(await bureau.goodToken({ iss })),
          door,
          // Not even in the form of an issuer: where own keys are taken, looked up as an account.
          /^https?:/i.test(iss) || door === doors[0] ? 'issuer_unknown' : 'account_unknown',
        );
      expect(canary.hits()).toBe(0);
      expect(bureau.issuer.hits() + second.hits()).toBe(before);
    });

    it('ST-31 A40 a token may be shown again, at once and in parallel', async () => {
      const token = await bureau.goodToken({ jti: 'the-same' });
      for (let time = 0; time < 3; time += 1) expectIssued(await present(token));
      const answers = await Promise.all(Array.from({ length: 20 }, () => present(token)));
      for (const answer of answers) expectIssued(answer);
    });

    it('ST-31 A40 unless its issuer is single-use: jti needed, once, 20 at once give one token', async () => {
      const subject = `repo:acme/once:${door.name.replaceAll(' ', '-')}`;
      await addAccount({ issuer: second.issuer, jwksUri: second.jwksUri, subject });
      const sign = (claims: object): Promise<string> =>
        second.signToken({ sub: subject, aud: registered.audience, ...claims });
      await expectReason(await present(await sign({})), door, 'claim_missing');
      await expectReason(await present(await sign({ jti: '' })), door, 'claim_malformed');
      const token = await sign({ jti: randomUUID() });
      // Refused for something else, it is not spent.
      expectRefused(await present(token, { audience: 'urn:other' }), 400, 'invalid_target');
      expectIssued(await present(token));
      await expectReason(await present(token), door, 'replayed');
      for (const other of doors) await expectReason(await bureau.token(other.form(token)), other, 'replayed');
      const parallel = await sign({ jti: randomUUID() });
      const answers = await Promise.all(Array.from({ length: 20 }, () => present(parallel)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      for (const answer of answers) if (answer.status !== 200) await expectReason(answer, door, 'replayed');
    });

    it('ST-32 RS-09 a forged token is told nothing of its claims, and costs no second look', async () => {
      const [key] = bureau.issuer.keys;
      const stranger = { ...(await createFakeIssuerKey('ES256')), kid: key?.kid ?? '' };
      const forge = (claims: object): Promise<string> =>
        bureau.issuer.signToken(
          { sub: registered.subject, aud: registered.audience, ...claims },
          {},
          stranger,
        );
      for (const claims of [
        {},
        { exp: now() - 1000, iat: now() - 2000 },
        { aud: 'x' },
        { sub: 'x' },
        { exp: undefined },
        { cnf: {} },
      ]) {
        const answer = await present(await forge(claims));
        await expectReason(answer, door, 'signature_invalid');
        const { checks } = await bureau.activity(answer.body.receipt);
        const names = checks.map(({ check }: { check: string }) => check) as string[];
        expect(names.filter((name) => name === 'signature')).toHaveLength(1);
        expect(
          names.filter((name) => /^claims\.(exp|aud|sub|iat|lifetime|cnf)$|^federation/.test(name)),
        ).toEqual([]);
      }
      await expectReason(
        await present(await bureau.goodToken({ exp: now() - 1000, iat: now() - 2000 })),
        door,
        'expired',
      );
    });

    it('ST-33 A42 A43 two accounts that match are refused, never the first; client_id narrows, never widens', async () => {
      const owner = `ambiguous-${door.name.replaceAll(' ', '-')}`;
      const subject = `repo:${owner}/app:ref:main`;
      const one = await addAccount({ subjectPattern: `repo:${owner}/*` });
      const token = await bureau.goodToken({ sub: subject });
      expect(readIssued(await present(token)).claims.sub).toBe(one);
      const two = await addAccount({ subjectPattern: `repo:${owner}/app:*` });
      await expectReason(await present(token), door, 'federation_ambiguous');
      for (const client_id of [one, two])
        expect(readIssued(await present(token, { client_id })).claims.sub).toBe(client_id);
      const answers = [
        await present(token, { client_id: bureau.account.id }),
        await present(token, { client_id: randomUUID() }),
        await present(token, { client_id: bureau.credentials.serviceAccountId }),
      ];
      for (const answer of answers) await expectReason(answer, door, 'client_id_mismatch');
      expect(new Set(answers.map(({ body }) => JSON.stringify({ ...body, receipt: '' }))).size).toBe(1);
    });

    it('ST-34 A65 disabled account, issuer and federation: refused on the next request, back on the next', async () => {
      const subject = `repo:acme/switch:${door.name.replaceAll(' ', '-')}`;
      const id = await addAccount({ issuer: second.issuer, jwksUri: second.jwksUri, subject });
      const send = async (): Promise<Answer> =>
        present(await second.signToken({ sub: subject, aud: registered.audience, jti: randomUUID() }));
      const change = async (path: string, body: unknown): Promise<Answer> => {
        const changed = await bureau.admin('PATCH', path, body, { 'if-match': '*' });
        expect(changed.status).toBe(200);
        return changed;
      };
      const account = `/service-accounts/${id}`;
      const issuer = `/trusted-issuers/${secondIssuerId}`;
      expectIssued(await send());
      for (const [path, reason] of [
        [account, 'account_disabled'],
        [issuer, 'issuer_disabled'],
      ] as const) {
        await change(path, { status: 'disabled' });
        await expectReason(await send(), door, reason);
        await change(path, { status: 'enabled' });
        expectIssued(await send());
      }
      const { federations } = (await bureau.admin('GET', account)).body;
      await change(account, { federations: [] });
      await expectReason(await send(), door, 'subject_not_registered');
      const again = federations.map(({ id: _id, ...rest }: { id: string }) => rest);
      await change(account, { federations: again });
      expectIssued(await send());
      const removed = await bureau.admin('DELETE', account, undefined, { 'if-match': '*' });
      expect(removed.status).toBe(204);
      await expectReason(await send(), door, 'subject_not_registered');
    });
  });
});
