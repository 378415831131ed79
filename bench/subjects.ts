import type { Entrant, LoadSubject, Subject } from './subject.ts';
import type { ServerPlan } from './contenders/contender.ts';
import { type HostileKind, hostileTokens } from './requests/hostile-tokens.ts';
import type { TokenAlgorithm } from './requests/sign-many.ts';
import type { WorkPlan } from './requests/work.ts';

const bureau: ServerPlan = { kind: 'bureau' };
const contenders: readonly (readonly [name: string, server: ServerPlan])[] = [
  ['bureau', bureau],
  ['oidc-provider', { kind: 'oidc-provider' }],
  ['jose in Fastify', { kind: 'jose-in-fastify' }],
];

/** The same work for every contender. */
const everyone = (work: WorkPlan, connections?: number): readonly Entrant[] =>
  contenders.map(([name, server]) => ({
    name,
    server,
    work,
    ...(connections === undefined ? {} : { connections }),
  }));

const exchange = (algorithm: TokenAlgorithm, tokens: 'distinct' | 'one' = 'distinct'): WorkPlan => ({
  door: 'exchange',
  algorithm,
  tokens,
});
const ownKey: WorkPlan = { door: 'own-key' };

const exchangeOf = (algorithm: TokenAlgorithm, quick: boolean): LoadSubject => ({
  kind: 'load',
  name: algorithm.toLowerCase(),
  title: `Token exchange, ${algorithm} tokens`,
  why: {
    RS256: 'What most platforms sign with.',
    ES256: 'What the newer ones sign with; dearer to verify.',
    Ed25519: 'What few sign with yet.',
  }[algorithm],
  quick,
  entrants: everyone(exchange(algorithm)),
  limit: { verify: algorithm, sign: 'ES256' },
  half: algorithm === 'RS256',
  awake: algorithm === 'RS256',
});

/** Bureau with so many seeded accounts, asked by all of them in turn. */
const grown = (name: string, accounts: number, issuers = 1): Entrant => ({
  name,
  server: { kind: 'bureau', accounts, issuers },
  work: { door: 'seeded', accounts, issuers },
});

const onPostgres = (nodes: number): Entrant => ({
  name: nodes === 1 ? '1 process' : `${nodes} processes`,
  server: { kind: 'bureau', store: 'postgresql', nodes },
  work: exchange('RS256'),
});

/** Every subject of the benchmark, in the order in which they are run. */
export const subjects: readonly Subject[] = [
  exchangeOf('RS256', true),
  {
    kind: 'load',
    name: 'own-key',
    title: 'Client credentials with an own key (private_key_jwt), ES256',
    why: 'Every assertion is another one, works once, and is used up before its token leaves.',
    quick: true,
    entrants: everyone(ownKey),
    limit: { verify: 'ES256', sign: 'ES256' },
    half: true,
  },
  exchangeOf('ES256', false),
  exchangeOf('Ed25519', false),
  {
    kind: 'load',
    name: 'repeated',
    title: 'Distinct tokens and one token again and again',
    why: 'Whether anything is kept of a token that was seen before.',
    quick: false,
    entrants: [
      { name: 'distinct tokens', server: bureau, work: exchange('RS256') },
      { name: 'one token', server: bureau, work: exchange('RS256', 'one') },
    ],
    limit: { verify: 'RS256', sign: 'ES256' },
  },
  {
    kind: 'load',
    name: 'alone',
    title: 'One request at a time',
    why: 'It suits Bureau least: nobody shares the fsync.',
    quick: false,
    entrants: everyone(exchange('RS256'), 1),
    limit: { verify: 'RS256', sign: 'ES256' },
  },
  {
    kind: 'load',
    name: 'svid',
    title: 'JWT-SVIDs for RS256 tokens',
    why: 'Another kind of token: a template is filled, and RS256, the default, is dear to sign.',
    quick: false,
    entrants: [
      { name: 'access token', server: bureau, work: exchange('RS256') },
      {
        name: 'JWT-SVID, ES256',
        server: bureau,
        work: { door: 'exchange', algorithm: 'RS256', tokens: 'distinct', svid: 'ES256' },
      },
      {
        name: 'JWT-SVID, RS256',
        server: bureau,
        work: { door: 'exchange', algorithm: 'RS256', tokens: 'distinct', svid: 'RS256' },
      },
    ],
  },
  {
    kind: 'load',
    name: 'hostile',
    title: 'Hostile tokens of 16 KiB',
    why: 'A refusal must not cost more than what it is to protect.',
    quick: false,
    entrants: [
      { name: 'a good token', server: bureau, work: exchange('RS256') },
      ...(Object.keys(hostileTokens) as HostileKind[]).map(
        (kind): Entrant => ({ name: kind, server: bureau, work: { door: 'hostile', kind } }),
      ),
    ],
  },
  {
    kind: 'start',
    name: 'start',
    title: 'From start to ready',
    why: 'What a deployment waits for: the program that `npm run build` makes, which the image runs, and what `npm start` runs beside it.',
    quick: true,
    states: [
      { name: 'no accounts', program: 'built', accounts: 0 },
      { name: 'the first start, nothing there yet', program: 'built', accounts: null },
      { name: '100,000 accounts', program: 'built', accounts: 100_000 },
      { name: 'from source, no accounts', program: 'source', accounts: 0 },
      { name: 'from source, the first start', program: 'source', accounts: null },
    ],
  },
  {
    kind: 'load',
    name: 'accounts',
    title: 'Registered accounts',
    why: 'Whether an exchange costs more where more is registered.',
    quick: false,
    entrants: [
      grown('10 accounts', 10),
      grown('1,000 accounts', 1000),
      grown('100,000 accounts', 100_000),
      grown('1,000,000 accounts', 1_000_000),
    ],
    limit: { verify: 'RS256', sign: 'ES256' },
  },
  {
    kind: 'load',
    name: 'issuers',
    title: 'Trusted issuers',
    why: 'Many key sets, each fetched from its own address and each in use.',
    quick: false,
    entrants: [grown('1 issuer', 10_000, 1), grown('10,000 issuers', 10_000, 10_000)],
    limit: { verify: 'RS256', sign: 'ES256' },
  },
  {
    kind: 'load',
    name: 'workers',
    title: 'One core and all cores',
    why: 'Processes that share a port, with as many connections for each core. The load needs a core too, so the cost of an exchange tells more than the throughput.',
    quick: false,
    entrants: [
      { name: 'one core', server: bureau, work: exchange('RS256') },
      {
        name: 'all cores',
        server: { kind: 'bureau', workers: 'all' },
        work: exchange('RS256'),
        connectionsForEachCore: true,
      },
    ],
  },
  {
    kind: 'load',
    name: 'postgresql',
    title: 'SQLite and PostgreSQL',
    why: 'The database has the other core, which it shares with the load; its CPU time is counted for itself.',
    quick: false,
    entrants: [
      { name: 'SQLite', server: bureau, work: exchange('RS256') },
      { name: 'PostgreSQL', server: { kind: 'bureau', store: 'postgresql' }, work: exchange('RS256') },
      { name: 'SQLite, own key', server: bureau, work: ownKey },
      { name: 'PostgreSQL, own key', server: { kind: 'bureau', store: 'postgresql' }, work: ownKey },
    ],
  },
  {
    kind: 'load',
    name: 'nodes',
    title: 'Processes on one PostgreSQL',
    why: 'All of them on the one core of the server: whether an exchange or a change costs more where there are more nodes.',
    quick: false,
    entrants: [onPostgres(1), onPostgres(2), onPostgres(3)],
    changes: true,
  },
];

/** Names for `--only`, in order. */
export const subjectNames: readonly string[] = subjects.map(({ name }) => name);
