// Fills the database of a stopped server with accounts and trusted issuers, always the same ones:
//   node bench/seed-accounts.ts --database sqlite:data/bureau.db --accounts 1000000 --issuers 3 --trusted-issuers 10000
import { hash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { openStorage } from '../src/adapters/storage/open-storage.ts';
import { toFederationRows, toServiceAccountRow } from '../src/adapters/storage/stores/service-account-row.ts';
import { toTrustedIssuerRow } from '../src/adapters/storage/stores/trusted-issuer-store.ts';
import type { ServiceAccount } from '../src/core/accounts/service-account.ts';
import type { PublicJwk, PublicJwkSet } from '../src/core/jwt/jwk.ts';
import type { Federation } from '../src/core/trust/federation.ts';
import type { TrustedIssuer } from '../src/core/trust/trusted-issuer.ts';

/** An issuer on which accounts are put. */
export interface SeedIssuer {
  readonly issuer: string;
  /** Where its keys are; `null`: discovery, or `jwks`. */
  readonly jwksUri: string | null;
  /** Pinned keys; `null`: they are fetched. */
  readonly jwks: PublicJwkSet | null;
}

/** What is put into the database. */
export interface Seed {
  /** `sqlite:<path>` or `postgres://…` of a stopped server that was started once. */
  readonly databaseUrl: string;
  readonly accounts: number;
  /** The accounts take turns among them; registered where they are not yet. */
  readonly issuers: readonly SeedIssuer[];
  /** Further trusted issuers that no account names, each with a pinned key. */
  readonly trustedIssuers?: number;
  /** The first account that is made; those before it are there already. */
  readonly from?: number;
}

/** What a token must show to become an account that was seeded. */
export interface SeededIdentity {
  readonly accountId: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  /** Claims that conditions ask for; those who show them to every account do no harm. */
  readonly claims: Readonly<Record<string, string>>;
}

const tenant = 'default';
const audience = 'https://sts.example.com';
const claims = { repository_owner: 'acme', repository_owner_id: '8675309' };
const createdAt = Date.UTC(2026, 0, 1);
const rowsPerStatement = 5000;

/** A point of P-256 that somebody holds the private key of, or nobody: nothing is ever signed with it. */
const unusedKey: PublicJwk = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  kid: 'unused',
  alg: 'ES256',
  use: 'sig',
};

/** A UUID that is always the same for `text` and as good as random in an index. */
const uuidOf = (text: string): string => {
  const digits = hash('sha256', text, 'hex');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
};

const nameOf = (index: number): string => `service-${String(index).padStart(6, '0')}`;

const issuerOf = (index: number, issuers: readonly SeedIssuer[]): SeedIssuer => {
  const issuer = issuers[index % issuers.length];
  if (issuer === undefined) throw new Error('accounts need an issuer');
  return issuer;
};

/** One in a hundred has a pattern, one in fifty a condition; the rest an exact subject alone. */
const federationOf = (index: number, issuers: readonly SeedIssuer[]): Federation => {
  const repository = `repo:acme/${nameOf(index)}`;
  const hasPattern = index % 100 === 7;
  return {
    id: uuidOf(`federation ${index}`),
    issuer: issuerOf(index, issuers).issuer,
    subject: hasPattern ? null : `${repository}:environment:production`,
    subjectPattern: hasPattern ? `${repository}:*` : null,
    audience,
    conditions:
      index % 50 === 3 ? [{ claim: 'repository_owner_id', equals: claims.repository_owner_id }] : [],
    cel: null,
    allowAdditionalAudiences: false,
  };
};

const accountOf = (index: number, issuers: readonly SeedIssuer[]): ServiceAccount => ({
  tenant,
  id: uuidOf(`account ${index}`),
  name: nameOf(index),
  description: `Deploys service ${index}.`,
  owningTeam: 'default',
  useCase: 'custom-api-integration',
  scopes: ['certificates:read'],
  audiences: ['https://api.example.com'],
  role: null,
  status: 'enabled',
  accessTokenAlgorithm: null,
  capToSubjectExpiry: false,
  federations: [federationOf(index, issuers)],
  warnings: [],
  createdAt,
  updatedAt: createdAt,
  version: 1,
});

/** Whom a token has to name to become account `index`. */
export const seededIdentity = (index: number, issuers: readonly SeedIssuer[]): SeededIdentity => ({
  accountId: uuidOf(`account ${index}`),
  issuer: issuerOf(index, issuers).issuer,
  subject: `repo:acme/${nameOf(index)}:environment:production`,
  audience,
  claims,
});

const trustedIssuerOf = ({ issuer, jwksUri, jwks }: SeedIssuer): TrustedIssuer => ({
  tenant,
  id: uuidOf(`trusted issuer ${issuer}`),
  issuer,
  jwksUri,
  jwks,
  algorithms: ['RS256', 'ES256', 'Ed25519'],
  allowAccessTokenType: false,
  replay: 'reusable',
  staleIfErrorSeconds: 3600,
  caCertificates: null,
  status: 'enabled',
  createdAt,
  updatedAt: createdAt,
  version: 1,
});

type Row = Readonly<Record<string, string | number | null>>;

/** Writes rows into one table; a row that is there already is left as it is where `mayExist`. */
interface BulkWriter {
  write(table: string, rows: readonly Row[], mayExist?: boolean): Promise<void>;
  /** Runs after the last row: what a server that grew to this size would have had done long ago. */
  finish(): Promise<void>;
  /** Ends it, whether it was finished or not. */
  close(): Promise<void>;
}

/** Accounts get their place in lists from the database, and their federations know it. */
const accountSeq = (tenant: string, id: string): string =>
  `(select seq from service_accounts where tenant = ${tenant} and id = ${id})`;

const columnsOf = (rows: readonly Row[]): readonly string[] => Object.keys(rows[0] ?? {});

const seededTables = ['service_accounts', 'federations'];

/**
 * One transaction, and indexes made when all rows are there: a random key dirties a page of its own in each index, and a
 * million of them in small transactions would write each page hundreds of times.
 */
const openSqliteWriter = (path: string): BulkWriter => {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  database.exec('pragma synchronous = off; pragma cache_size = -524288; pragma temp_store = memory;');
  database.exec('begin immediate');
  const indexes = seededTables.flatMap((table) =>
    database
      .prepare(
        "select name, sql from sqlite_master where type = 'index' and sql is not null and tbl_name = ?",
      )
      .all(table),
  );
  for (const { name } of indexes) database.exec(`drop index "${String(name)}"`);
  return {
    write: (table, rows, mayExist = false) => {
      const columns = columnsOf(rows);
      const place = table === 'federations' ? [accountSeq('?1', '?2')] : [];
      const values = columns.map((_column, index) => `?${index + 1}`);
      const statement = database.prepare(
        `insert ${mayExist ? 'or ignore ' : ''}into ${table} (${[...columns, ...place.map(() => 'account_seq')].join()}) values (${[...values, ...place].join()})`,
      );
      for (const row of rows) statement.run(...Object.values(row));
      return Promise.resolve();
    },
    finish: () => {
      for (const { sql } of indexes) database.exec(String(sql));
      database.exec('commit');
      database.exec('pragma wal_checkpoint(truncate)');
      return Promise.resolve();
    },
    close: () => Promise.resolve(database.close()),
  };
};

const openPostgresWriter = async (url: string): Promise<BulkWriter> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('set synchronous_commit = off');
  return {
    write: async (table, rows, mayExist = false) => {
      const columns = columnsOf(rows);
      const arrays = columns.map((column) => rows.map((row) => row[column] ?? null));
      const types = arrays.map((array) =>
        array.some((value) => typeof value === 'number') ? 'bigint' : 'text',
      );
      const place =
        table === 'federations' ? [accountSeq('u.tenant collate "C"', 'u.account_id collate "C"')] : [];
      const unnested = types.map((type, index) => `$${index + 1}::${type}[]`).join();
      await client.query(
        `insert into ${table} (${[...columns, ...place.map(() => 'account_seq')].join()}) select ${['u.*', ...place].join()} from unnest(${unnested}) as u (${columns.join()})${mayExist ? ' on conflict do nothing' : ''}`,
        arrays,
      );
    },
    finish: async () => {
      await client.query('vacuum analyze');
      await client.query('checkpoint').catch(() => undefined);
    },
    close: () => client.end(),
  };
};

const openWriter = (databaseUrl: string): Promise<BulkWriter> | BulkWriter =>
  databaseUrl.startsWith('sqlite:')
    ? openSqliteWriter(databaseUrl.slice('sqlite:'.length))
    : openPostgresWriter(databaseUrl);

/** Brings the schema up to date and makes sure that there is a tenant to put things into. */
const prepare = async (url: string): Promise<void> => {
  const storage = await openStorage({ url });
  try {
    if ((await storage.tenants.find(tenant)) === null)
      throw new Error('the database has no tenant "default": start the server on it once, and stop it');
  } finally {
    await storage.close();
  }
};

/**
 * Puts accounts and trusted issuers into the database of a stopped server, by the same rows that the server writes, but in
 * large transactions and without activities. Account `index` is always the same.
 */
export const seedAccounts = async (seed: Seed): Promise<void> => {
  await prepare(seed.databaseUrl);
  const writer = await openWriter(seed.databaseUrl);
  try {
    const others = Array.from({ length: seed.trustedIssuers ?? 0 }, (_, index) => ({
      issuer: `https://issuer-${String(index).padStart(5, '0')}.example.org`,
      jwksUri: null,
      jwks: { keys: [unusedKey] },
    }));
    const issuers = [...seed.issuers, ...others].map((issuer) => toTrustedIssuerRow(trustedIssuerOf(issuer)));
    for (let start = 0; start < issuers.length; start += rowsPerStatement)
      await writer.write('trusted_issuers', issuers.slice(start, start + rowsPerStatement), true);
    for (let start = seed.from ?? 0; start < seed.accounts; start += rowsPerStatement) {
      const count = Math.min(rowsPerStatement, seed.accounts - start);
      const accounts = Array.from({ length: count }, (_, place) => accountOf(start + place, seed.issuers));
      await writer.write('service_accounts', accounts.map(toServiceAccountRow));
      await writer.write('federations', accounts.flatMap(toFederationRows));
    }
    await writer.finish();
  } finally {
    await writer.close();
  }
};

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      database: { type: 'string' },
      accounts: { type: 'string', default: '1000000' },
      issuers: { type: 'string', default: '1' },
      'trusted-issuers': { type: 'string', default: '0' },
      from: { type: 'string', default: '0' },
    },
  });
  if (values.database === undefined) throw new Error('--database sqlite:FILE or postgres://… is needed');
  const started = performance.now();
  await seedAccounts({
    databaseUrl: values.database,
    accounts: Number(values.accounts),
    issuers: Array.from({ length: Number(values.issuers) }, (_, index) => ({
      issuer: `https://seed-${index}.example.org`,
      jwksUri: null,
      jwks: { keys: [unusedKey] },
    })),
    trustedIssuers: Number(values['trusted-issuers']),
    from: Number(values.from),
  });
  process.stderr.write(
    `${values.accounts} accounts in ${((performance.now() - started) / 1000).toFixed(1)} s\n`,
  );
}
