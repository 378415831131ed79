import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BureauProcess, postForm } from './bureau-process.ts';
import type { FakeIssuer } from './fake-issuer.ts';
import { type AdminCall, createFederatedAccount, createTenant } from './registered-accounts.ts';
import { registered, urn } from './test-bureau.ts';

/** What clients and verifiers saw while keys rotated; `refused` and `failed` are empty when the promise holds. */
export interface RotationLoadReport {
  /** Keys that began to sign in the place of another one; each of them signed something that was verified. */
  readonly activations: number;
  readonly issued: number;
  readonly verified: number;
  /** Requests of clients and of the administrator that did not get what they asked for. */
  readonly refused: readonly string[];
  /** One line for each token that a verifier could not verify. */
  readonly failed: readonly string[];
  /** How often a key set was fetched. */
  readonly fetched: number;
  readonly mostPublished: number;
}

/** What is rotated, and where. */
export interface RotationLoadOptions {
  /** Processes on one store; the administrator's credentials are with the first. */
  readonly nodes: readonly BureauProcess[];
  readonly issuer: FakeIssuer;
  /** Each tenant has four activations, as many as fit beside what stays published. */
  readonly tenants: number;
}

const algorithms = ['ES256', 'RS256'] as const;
const workers = 12;
const pauseBetweenTenantsMs = 1000;
const patienceMs = 60_000;

/** One kind of token of one tenant. */
interface Lane {
  readonly path: string;
  readonly form: Readonly<Record<string, string>>;
  readonly keySetPath: string;
}

interface Tenant {
  readonly admin: AdminCall;
  readonly lanes: readonly Lane[];
}

interface SigningKeyItem {
  readonly kid: string;
  readonly state: 'prepared' | 'active' | 'retired';
}

/** A tenant with an account for each algorithm of access tokens, and a provider for each of JWT-SVIDs. */
const prepareTenant = async (
  node: BureauProcess,
  issuer: FakeIssuer,
  name: string,
  subjectTokens: Readonly<Record<string, string>>,
): Promise<Tenant> => {
  const admin = await createTenant(node, name);
  const path = `/t/${name}`;
  const lanes: Lane[] = [];
  for (const algorithm of algorithms) {
    const { jwksUri, issuer: url } = issuer;
    const federation = { issuer: url, jwksUri, subject: algorithm, audience: registered.audience };
    const account = await createFederatedAccount(admin, issuer, {
      name: algorithm,
      accessTokenAlgorithm: algorithm,
      federations: [federation],
    });
    const provider = {
      name: algorithm,
      serviceAccounts: [account],
      subject: { type: 'literal', value: `spiffe://${name}.example/api` },
      audience: 'api',
      algorithm,
    };
    const { status, body } = await admin('POST', '/credential-providers', provider);
    if (status !== 201) throw new Error(`no provider: ${JSON.stringify(body)}`);
    const form = {
      grant_type: urn.tokenExchange,
      subject_token: subjectTokens[algorithm] ?? '',
      subject_token_type: urn.jwt,
    };
    const svidForm = { ...form, requested_token_type: urn.jwt, credential_provider: algorithm };
    lanes.push(
      { path: `${path}/token`, form, keySetPath: `${path}/.well-known/jwks.json` },
      { path: `${path}/token`, form: svidForm, keySetPath: `${path}/spiffe/.well-known/jwks.json` },
    );
  }
  return { admin, lanes };
};

/**
 * A verifier that keeps a key set for exactly as long as `Cache-Control: max-age` says, from the moment it had it, and never
 * looks again before: a `kid` it does not know is a failure.
 */
const createStrictVerifier = (nodes: readonly BureauProcess[]) => {
  interface Kept {
    readonly until: number;
    readonly resolve: ReturnType<typeof createLocalJWKSet>;
  }
  const kept = new Map<string, Promise<Kept>>();
  let [fetched, mostPublished] = [0, 0];

  const fetchSet = async (path: string): Promise<Kept> => {
    const node = nodes[fetched % nodes.length] as BureauProcess;
    fetched += 1;
    const response = await fetch(`${node.url}${path}`);
    const maxAge = /^(?:.*[\s,])?max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '')?.[1];
    if (response.status !== 200 || maxAge === undefined)
      throw new Error(`no key set: ${path} ${response.status}`);
    const { keys } = (await response.json()) as JSONWebKeySet;
    mostPublished = Math.max(mostPublished, keys.length);
    return { until: performance.now() + Number(maxAge) * 1000, resolve: createLocalJWKSet({ keys }) };
  };
  const keySet = async (path: string): Promise<Kept> => {
    for (;;) {
      const known = kept.get(path) ?? null;
      if (known !== null && performance.now() < (await known).until) return known;
      if (kept.get(path) === (known ?? undefined)) kept.set(path, fetchSet(path));
    }
  };
  return {
    verify: async (token: string, path: string): Promise<void> =>
      void (await jwtVerify(token, (await keySet(path)).resolve)),
    figures: () => ({ fetched, mostPublished }),
  };
};

const keysOf = async ({ admin }: Tenant): Promise<readonly SigningKeyItem[]> => {
  const { status, body } = await admin('GET', '/signing-keys');
  if (status !== 200) throw new Error(`no signing keys: ${status} ${JSON.stringify(body)}`);
  return body.items;
};

/** Waits for what comes of itself; throws when it does not. */
const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const patience = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > patience) throw new Error(`still waiting for ${what}`);
    await sleep(100);
  }
};

/** Asks for a rotation and waits until it is over: until every key that was prepared signed something. How many did. */
const rotate = async (
  tenant: Tenant,
  which: Readonly<Record<string, string>>,
  seen: ReadonlySet<string>,
): Promise<number> => {
  const { status, body } = await tenant.admin('POST', '/signing-keys/rotate', which);
  if (status !== 200) throw new Error(`no rotation: ${JSON.stringify(body)}`);
  const prepared = (body.items as readonly SigningKeyItem[]).filter(({ state }) => state === 'prepared');
  await until('the next keys to sign', () => prepared.every(({ kid }) => seen.has(kid)));
  const active = (await keysOf(tenant)).filter(({ state }) => state === 'active').map(({ kid }) => kid);
  return prepared.filter(({ kid }) => active.includes(kid)).length;
};

/** Four activations: of every key once, or twice of the same ones. */
const rotateTenant = async (tenant: Tenant, index: number, seen: ReadonlySet<string>): Promise<number> => {
  if (index % 2 === 0) return rotate(tenant, {}, seen);
  const algorithm = algorithms[((index - 1) / 2) % 2] ?? 'ES256';
  return (await rotate(tenant, { algorithm }, seen)) + (await rotate(tenant, { algorithm }, seen));
};

/**
 * Rotates the keys of many tenants, one after the other begun, while tokens of every kind are issued without a pause. Two
 * strict verifiers look at each token as soon as it is there, now and again at an older one, and at all of them in the end.
 */
export const rotateUnderLoad = async ({
  nodes,
  issuer,
  tenants: count,
}: RotationLoadOptions): Promise<RotationLoadReport> => {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const subjectTokens: Record<string, string> = {};
  for (const algorithm of algorithms)
    subjectTokens[algorithm] = await issuer.signToken({ sub: algorithm, aud: registered.audience, exp });
  const tenants: Tenant[] = [];
  for (let index = 0; index < count; index += 1)
    tenants.push(await prepareTenant(nodes[0] as BureauProcess, issuer, `tenant-${index}`, subjectTokens));
  const lanes = tenants.flatMap((tenant) => tenant.lanes);

  const verifiers = [createStrictVerifier(nodes), createStrictVerifier(nodes)];
  const tokens: { readonly token: string; readonly path: string }[] = [];
  const seen = new Set<string>();
  const [refused, failed]: [string[], string[]] = [[], []];
  let [turns, verified, activations, over] = [0, 0, 0, false];

  const look = async ({ token, path }: (typeof tokens)[number]): Promise<void> => {
    const outcomes = await Promise.allSettled(verifiers.map(({ verify }) => verify(token, path)));
    for (const outcome of outcomes)
      if (outcome.status === 'fulfilled') verified += 1;
      else failed.push(`${path} ${decodeProtectedHeader(token).kid}: ${String(outcome.reason)}`);
  };
  const issueAndLook = async (): Promise<void> => {
    // Shifted with every round, so that each lane meets each node.
    const turn = turns;
    turns += 1;
    const lane = lanes[turn % lanes.length] as Lane;
    const node = nodes[(turn + Math.floor(turn / lanes.length)) % nodes.length] as BureauProcess;
    const answer = await postForm(`${node.url}${lane.path}`, lane.form);
    if (answer.status !== 200) {
      refused.push(`${lane.path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return;
    }
    const issued = { token: answer.body.access_token as string, path: lane.keySetPath };
    seen.add(decodeProtectedHeader(issued.token).kid ?? '');
    tokens.push(issued);
    await look(issued);
    const older = tokens[(turn * 7919) % tokens.length];
    if (older !== undefined) await look(older);
  };
  const load = Promise.all(
    Array.from({ length: workers }, async () => {
      while (!over) await issueAndLook().catch((error: unknown) => void refused.push(String(error)));
    }),
  );
  try {
    // Every first key signs, and every verifier knows the sets, before the first rotation.
    await until('the first tokens', () => tokens.length >= lanes.length * 2);
    const rotations: Promise<void>[] = [];
    for (const [index, tenant] of tenants.entries()) {
      rotations.push(
        rotateTenant(tenant, index, seen).then(
          (activated) => void (activations += activated),
          (error: unknown) => void refused.push(String(error)),
        ),
      );
      await sleep(pauseBetweenTenantsMs);
    }
    await Promise.all(rotations);
  } finally {
    over = true;
    await load;
  }
  for (const issued of tokens) await look(issued);

  const figures = verifiers.map((verifier) => verifier.figures());
  return {
    activations,
    issued: tokens.length,
    verified,
    refused,
    failed,
    fetched: figures.reduce((sum, { fetched }) => sum + fetched, 0),
    mostPublished: Math.max(...figures.map(({ mostPublished }) => mostPublished)),
  };
};
