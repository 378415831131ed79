import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BureauProcess, freePort, startBureau } from './bureau-process.ts';
import { makeAssertion, type OwnKey } from './own-key.ts';
import { createPostgresDatabase } from './postgres.ts';
import { doors } from './test-bureau.ts';

const ownKeyDoors = doors.slice(1);

/** What became of assertions that were each sent to every node at once. */
export interface SingleUseReport {
  readonly assertions: number;
  /** Requests that were answered with a token, in the first sending of each assertion. */
  readonly accepted: number;
  /** Assertions that more than one node, or one node twice, gave a token for. */
  readonly acceptedTwice: number;
  /** Assertions that no node gave a token for, while all of them were up. */
  readonly acceptedByNone: number;
  /** Assertions that were under way when a node was killed, or were sent while it was down. */
  readonly aroundTheKill: number;
  /** Tokens for assertions that were sent once more, to every node, after the killed one was back. */
  readonly acceptedAgain: number;
  /** Answers that were neither a token nor the refusal of the door; by status. */
  readonly strange: Readonly<Record<string, number>>;
  /** How many tokens each node gave. */
  readonly byNode: readonly number[];
}

/** Three nodes on one PostgreSQL database, with one issuer. */
export interface Cluster {
  readonly nodes: readonly BureauProcess[];
  readonly issuer: string;
  /** A call of the admin API at the first node, where the administrator's credentials are. */
  readonly admin: BureauProcess['admin'];
  /** SIGKILL to a node, and a new process in its place. */
  killAndRestart(index: number): Promise<void>;
  /** A new account with a key of its own. */
  createKey(name: string): Promise<OwnKey>;
  close(): Promise<void>;
}

/** Opens a {@link Cluster}; `close` it. */
export const openCluster = async (): Promise<Cluster> => {
  const [database, folder] = await Promise.all([
    createPostgresDatabase(),
    mkdtemp(join(tmpdir(), 'bureau-cluster-')),
  ]);
  const ports = [await freePort(), await freePort(), await freePort()];
  const issuer = `http://127.0.0.1:${ports[0]}`;
  const keyEncryptionKey = randomBytes(32).toString('base64');
  const start = async (index: number): Promise<BureauProcess> => {
    const dataDir = join(folder, `node-${index}`);
    await mkdir(dataDir, { recursive: true });
    return startBureau({
      dataDir,
      port: ports[index] ?? 0,
      environment: {
        BUREAU_DATABASE_URL: database.url,
        BUREAU_KEY_ENCRYPTION_KEY: keyEncryptionKey,
        BUREAU_ISSUER: issuer,
        BUREAU_LOG_LEVEL: 'warn',
      },
    });
  };

  const nodes: BureauProcess[] = [];
  const close = async (): Promise<void> => {
    for (const node of nodes) await node.stop();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // The first one prepares the empty database.
    const first = await start(0);
    nodes.push(first, ...(await Promise.all([start(1), start(2)])));
    return {
      nodes,
      issuer,
      admin: first.admin,
      killAndRestart: async (index) => {
        await nodes[index]?.kill();
        nodes[index] = await start(index);
      },
      createKey: (name) => createKey(first, issuer, name),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

const createKey = async (node: BureauProcess, issuer: string, name: string): Promise<OwnKey> => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const created = await node.admin('POST', '/service-accounts', {
    name,
    owningTeam: 'default',
    useCase: 'custom-api-integration',
    key: { publicKey: publicKey.export({ type: 'spki', format: 'pem' }), kid: 'the-key' },
  });
  if (created.status !== 201) throw new Error(`no account: ${JSON.stringify(created.body)}`);
  return { accountId: created.body.id, kid: 'the-key', algorithm: 'ES256', privateKey, audience: issuer };
};

/** What {@link sendToEveryNode} does. */
export interface SingleUseOptions {
  readonly assertions: number;
  /** How many are under way at a time. */
  readonly inFlight?: number;
  /** How many of them are sent once more in the end. */
  readonly again?: number;
}

/**
 * Sends each assertion to all nodes at one time, by both doors. Half-way the last node is killed with SIGKILL and started
 * again, while the others go on.
 */
export const sendToEveryNode = async (
  cluster: Cluster,
  { assertions, inFlight = 16, again = assertions }: SingleUseOptions,
): Promise<SingleUseReport> => {
  const { nodes } = cluster;
  const key = await cluster.createKey('one-of-three');
  const sent: { readonly assertion: string; tokens: number; disturbed: boolean }[] = [];
  const strange: Record<string, number> = {};
  const byNode = nodes.map(() => 0);
  let down = false;

  const send = async (assertion: string, index: number, turn: number): Promise<boolean> => {
    const wasDown = down;
    const door = ownKeyDoors[(turn + index) % ownKeyDoors.length];
    const answer = await (nodes[index] as BureauProcess).token(door?.form(assertion) ?? {}).catch(() => null);
    if (answer?.status === 200) return true;
    const what = answer === null ? 'no answer' : `${answer.status} ${answer.body.error}`;
    if (what !== `400 ${door?.badToken}` && !(answer === null && (wasDown || down)))
      strange[what] = (strange[what] ?? 0) + 1;
    return false;
  };
  const sendNext = async (): Promise<void> => {
    const turn = sent.length;
    const entry = {
      assertion: makeAssertion(key, { exp: Math.floor(Date.now() / 1000) + 3000 }),
      tokens: 0,
      disturbed: down,
    };
    sent.push(entry);
    const accepted = await Promise.all(nodes.map((_node, index) => send(entry.assertion, index, turn)));
    for (const [index, token] of accepted.entries())
      if (token) {
        entry.tokens += 1;
        byNode[index] = (byNode[index] ?? 0) + 1;
      }
    entry.disturbed ||= down;
  };
  const work = async (until: number): Promise<void> => {
    const workers = Array.from({ length: inFlight }, async () => {
      while (sent.length < until) await sendNext();
    });
    await Promise.all(workers);
  };

  await work(Math.floor(assertions / 2));
  const meanwhile = work(Math.floor(assertions * 0.75));
  down = true;
  await cluster.killAndRestart(nodes.length - 1);
  down = false;
  await meanwhile;
  await work(assertions);

  const first = {
    assertions: sent.length,
    accepted: sent.reduce((sum, { tokens }) => sum + tokens, 0),
    acceptedTwice: sent.filter(({ tokens }) => tokens > 1).length,
    acceptedByNone: sent.filter(({ tokens, disturbed }) => tokens === 0 && !disturbed).length,
    aroundTheKill: sent.filter(({ disturbed }) => disturbed).length,
    strange: { ...strange },
    byNode,
  };
  // One whose token was lost with the node may be spent or not; every other one is.
  const spent = sent.filter(({ tokens }) => tokens > 0).slice(-again);
  let acceptedAgain = 0;
  const repeat = async (): Promise<void> => {
    for (let next = spent.pop(); next !== undefined; next = spent.pop()) {
      const { assertion } = next;
      const accepted = await Promise.all(nodes.map((_node, index) => send(assertion, index, spent.length)));
      acceptedAgain += accepted.filter(Boolean).length;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, repeat));
  return { ...first, acceptedAgain, strange };
};
