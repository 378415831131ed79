import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, type Credentials, freePort, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import { migrateAsFarAs, openKysely } from '../support/older-database.ts';
import { makeAssertion, ownKeyOf } from '../support/own-key.ts';
import { type StoragePlace, storageEngines } from '../support/storage-engines.ts';
import { urn } from '../support/test-bureau.ts';

const audience = 'https://sts.example.com';

/** Each account by the federations it is registered with, and a token that is its and one that is nobody's. */
const registered: readonly {
  readonly name: string;
  readonly federations: readonly Readonly<Record<string, unknown>>[];
  readonly subject: string;
  readonly strange: string;
}[] = [
  {
    name: 'exact',
    federations: [{ subject: 'job:payments:production' }],
    subject: 'job:payments:production',
    strange: 'job:payments:Production',
  },
  {
    name: 'pattern',
    federations: [{ subjectPattern: 'team:blue:*:main' }],
    subject: 'team:blue:web:main',
    strange: 'team:blue:web:other',
  },
  {
    name: 'condition',
    federations: [{ subject: 'run:1', conditions: [{ claim: 'repository_owner_id', equals: '8675309' }] }],
    subject: 'run:1',
    strange: 'run:2',
  },
  {
    name: 'several',
    federations: [{ subject: 'a:1' }, { subjectPattern: 'b:two:*' }, { subject: 'ü:"x"' }],
    subject: 'ü:"x"',
    strange: 'ü:"y"',
  },
];

/** Tables that name rows of others come after those. */
const dependent = ['federations', 'account_keys', 'credential_provider_accounts'];

/** Fills a database of an earlier release with what a server of this one wrote, as far as it had a place then. */
const copyInto = async (older: Kysely<never>, newer: Kysely<never>): Promise<void> => {
  const tables = (await older.introspection.getTables()).filter(({ name }) => name !== 'liveness');
  const last = ({ name }: { readonly name: string }): number => dependent.indexOf(name) + 1;
  for (const { name, columns } of tables.toSorted((one, other) => last(one) - last(other))) {
    // Places are given by the database, in the order of before.
    const copied = columns.filter((column) => column.name !== 'seq').map((column) => column.name);
    const isOrdered = copied.length < columns.length;
    const { rows } = await sql<
      Record<string, unknown>
    >`select ${sql.join(copied.map((column) => sql.ref(column)))}
      from ${sql.table(name)} order by ${isOrdered ? sql.ref('seq') : sql.ref(copied[0] ?? '')}`.execute(
      newer,
    );
    for (const row of rows)
      await sql`insert into ${sql.table(name)} (${sql.join(copied.map((column) => sql.ref(column)))})
        values (${sql.join(copied.map((column) => row[column]))})`.execute(older);
  }
};

describe.each(storageEngines)(
  'a database of the release before, with its accounts, on $engine',
  ({ engine, createPlace }) => {
    let issuer: FakeIssuer;
    let bureau: BureauProcess;
    let folder: string;
    let accountIds: ReadonlyMap<string, string>;
    const places: StoragePlace[] = [];

    beforeAll(async () => {
      issuer = await createFakeIssuer();
      folder = await mkdtemp(join(tmpdir(), 'bureau-upgrade-'));
      const [before, after] = [await createPlace(), await createPlace()];
      places.push(before, after);
      const port = await freePort();
      const start = (url: string) =>
        startBureau({
          dataDir: folder,
          port,
          environment: {
            BUREAU_DATABASE_URL: url,
            BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}`,
          },
        });
      bureau = await start(before.url);
      const ids: [string, string][] = [];
      for (const { name, federations } of registered) {
        const answer = await bureau.admin('POST', '/service-accounts', {
          name,
          owningTeam: 'default',
          useCase: 'custom-api-integration',
          scopes: ['certificates:read'],
          audiences: ['https://api.example.com'],
          federations: federations.map((federation) => ({
            issuer: issuer.issuer,
            jwksUri: issuer.jwksUri,
            audience,
            ...federation,
          })),
        });
        if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
        ids.push([name, answer.body.id as string]);
      }
      accountIds = new Map(ids);
      await bureau.stop();
      const [newer, older] = [openKysely(before.url), openKysely(after.url)];
      await migrateAsFarAs(older, engine, '0008-unlinked-activities');
      await copyInto(older, newer);
      await Promise.all([newer.destroy(), older.destroy()]);
      bureau = await start(after.url);
    });
    afterAll(async () => {
      await bureau?.stop();
      await issuer?.close();
      for (const place of places) await place.remove();
      await rm(folder, { recursive: true, force: true });
    });

    const exchange = async (subject: string) =>
      bureau.token({
        grant_type: urn.tokenExchange,
        subject_token: await issuer.signToken({
          sub: subject,
          aud: audience,
          jti: randomUUID(),
          repository_owner_id: '8675309',
        }),
        subject_token_type: urn.jwt,
      });

    it.each(registered)('$name: its token is found, and one that is nearly its is not', async (row) => {
      const good = await exchange(row.subject);
      expect(good.status).toBe(200);
      expect(decodeJwt(good.body.access_token as string).sub).toBe(accountIds.get(row.name));
      expect((await exchange(row.strange)).status).toBe(400);
    });

    it('own keys, lists and the trail are as they were', async () => {
      const key = ownKeyOf(JSON.parse(await readFile(join(folder, 'admin.json'), 'utf8')) as Credentials);
      const answer = await bureau.token({
        grant_type: 'client_credentials',
        client_assertion_type: urn.assertionType,
        client_assertion: makeAssertion(key),
      });
      expect(answer.status).toBe(200);
      const listed = await bureau.admin('GET', '/service-accounts?team=default');
      expect(listed.body.items.map(({ name }: { readonly name: string }) => name)).toEqual(
        expect.arrayContaining([...accountIds.keys()]),
      );
      expect((await bureau.admin('GET', '/activities/verify')).body).toMatchObject({ ok: true });
    });

    it('a change of an account that was there is seen by the next token', async () => {
      const path = `/service-accounts/${accountIds.get('exact')}`;
      expect((await exchange('job:payments:staging')).status).toBe(400);
      const { status } = await bureau.admin(
        'PATCH',
        path,
        {
          federations: [
            { issuer: issuer.issuer, jwksUri: issuer.jwksUri, audience, subject: 'job:payments:staging' },
          ],
        },
        { 'if-match': '*' },
      );
      expect(status).toBe(200);
      expect((await exchange('job:payments:staging')).status).toBe(200);
      expect((await exchange('job:payments:production')).status).toBe(400);
    });
  },
);
