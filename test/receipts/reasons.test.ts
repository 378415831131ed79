// Each reason of refusal: the receipt names the cause to an administrator, and the answer to the caller does not.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checksOf, failed } from '../../src/core/activity/check.ts';
import { explainRefusal } from '../../src/core/activity/explain-refusal.ts';
import { validateAssertionClaims } from '../../src/core/jwt/validate-assertion-claims.ts';
import { type RefusalReason, refusalReasons } from '../../src/core/oauth/reasons.ts';
import { reasonSentences } from '../../src/core/oauth/reason-sentences.ts';
import { NoActiveSigningKey } from '../../src/keys/key-ring-view.ts';
import { StoreUnavailable } from '../../src/ports/storage.ts';
import { createEndpoint, type EndpointDependencies } from '../../src/token/endpoint.ts';
import type { Activity } from '../../src/core/activity/activity.ts';
import type { Answer } from '../support/bureau-process.ts';
import { openRefusalWorld, provocations, readStory, type RefusalWorld } from '../support/provoke-refusals.ts';
import { openTestBureau } from '../support/test-bureau.ts';

const reasons = Object.keys(refusalReasons) as RefusalReason[];
const overHttp = reasons.filter((reason) => provocations[reason] !== null);

/** What names the cause in the receipt: part of what is said, beside the reason itself. */
const causes: Readonly<Partial<Record<RefusalReason, RegExp>>> = {
  method_not_allowed: /called with GET/,
  tenant_unknown: /the tenant nowhere/,
  content_type_unsupported: /sent as application\/json/,
  parameter_repeated: /scope more than once/,
  parameter_missing: /subject_token/,
  authentication_methods_several: /Authorization header \(Basic\), client_assertion/,
  grant_type_unknown: /type password/,
  client_authorization_header: /Authorization header \(Basic\)/,
  credential_provider_unusable: /TAKEN_AWAY/,
  token_malformed: /beginning with ghs_.*API of GitHub/s,
  token_member_repeated: /sub/,
  token_header_forbidden: /jku/,
  token_algorithm_not_allowed: /HS256/,
  issuer_unknown: /https:\/\/nobody\.example/,
  key_unknown: /nobody-published-it.*The set was last fetched at .* and has the key /s,
  key_unfit: /does not fit RS256/,
  audience_several: /https:\/\/other\.example/,
  lifetime_too_long: /24 h.*projected/s,
  expired: /10 min ago/,
  issued_in_the_future: /When its keys were fetched, the clock of the issuer agreed with ours/,
  claim_malformed: /milliseconds/,
  account_key_unusable: /never-added/,
  subject_not_registered: /serviceAccountName/,
  audience_mismatch: /Kubernetes API server/,
  condition_unmet: /cluster/,
  federation_ambiguous: /rival/,
  scope_malformed: /JSON/,
  scope_not_held: /not by commas/,
  issuer_keys_unavailable: /500/,
  account_blocked: /The runner was taken over/,
  federation_blocked: /The runner was taken over/,
  issuer_blocked: /The runner was taken over/,
  subject_blocked: /The runner was taken over/,
  key_blocked: /The runner was taken over/,
};

/** Words of a sentence must all be filled in. */
const unfinished = /\{[a-z]+\}|undefined|EXPECTED|PRESENTED|AUDIENCE|\[object/;

let world: RefusalWorld;
const answers = new Map<RefusalReason, Answer>();
beforeAll(async () => {
  world = await openRefusalWorld();
}, 60_000);
afterAll(() => world.close());

const wireOf = ({ body }: Answer): string => JSON.stringify(body).replaceAll(String(body.receipt), 'RECEIPT');

const expectSilent = (answer: Answer, reason: RefusalReason, story: Answer['body']): void => {
  expect(Object.keys(answer.body).toSorted()).toEqual(['error', 'error_description', 'errors', 'receipt']);
  const wire = wireOf(answer);
  expect(wire).not.toContain(reason);
  for (const { ok, presented, hint } of story.checks.filter((check: { ok: boolean }) => !check.ok)) {
    expect(ok).toBe(false);
    for (const text of [presented, hint]) if (text?.length > 6) expect(wire).not.toContain(text);
  }
};

describe('each reason over HTTP', () => {
  it.each(overHttp)('%s: the receipt names the cause, the answer does not', async (reason) => {
    const answer = await (provocations[reason] as (w: RefusalWorld) => Promise<Answer>)(world);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    const story = await readStory(world, reason, answer);
    expect([reason, story.reason]).toEqual([reason, reason]);
    answers.set(reason, answer);
    expectSilent(answer, reason, story);

    const { explanation, checks } = story;
    const failures = checks.filter(({ ok }: { ok: boolean }) => !ok);
    expect(failures.length).toBeGreaterThan(0);
    expect(explanation.causes.length).toBeGreaterThan(0);
    const said = [
      explanation.summary,
      ...explanation.causes.map(({ sentence }: { sentence: string }) => sentence),
      explanation.change,
    ];
    for (const sentence of said) {
      expect(sentence).toMatch(/^\S.*[.?]$/s);
      expect(sentence).not.toMatch(unfinished);
    }
    expect(said.join('\n')).toMatch(causes[reason] ?? /./);
    for (const { check, hint } of failures)
      if (check !== 'federation.candidate') expect([check, typeof hint]).toEqual([check, 'string']);
  });

  it('A99 the bodies of one code are the same, the receipt aside', () => {
    const byCode = Map.groupBy(answers.values(), ({ body }) => body.error);
    expect(byCode.size).toBeGreaterThanOrEqual(9);
    expect(answers.size).toBe(overHttp.length);
    for (const [code, all] of byCode) expect([code, new Set(all.map(wireOf)).size]).toEqual([code, 1]);
    // Of tokens that are no good, more than thirty causes, the names of the headers are the same too.
    const ofTokens = [...answers].filter(
      ([reason, { status }]) => refusalReasons[reason] === 'presented' && status === 400,
    );
    const headerNames = ofTokens.map(([, { headers }]) => [...headers.keys()].toSorted().join());
    expect(ofTokens.length).toBeGreaterThan(30);
    expect(new Set(headerNames).size).toBe(1);
  });

  it('rate_limited, on a server that lets one request through', async () => {
    const throttled = await openTestBureau({ configuration: { rateLimit: 1 } });
    try {
      const answer = await throttled.token({ grant_type: 'x' });
      expect(answer.status).toBe(429);
      const story = await throttled.activity(answer.body.receipt);
      expect(story.reason).toBe('rate_limited');
      expect(story.explanation.change).toContain('BUREAU_TRUST_PROXY');
      expectSilent(answer, 'rate_limited', story);
    } finally {
      await throttled.close();
    }
  });
});

/** Why no request brings them about, and what proves them instead. */
const unreachable = {
  not_found: 'paths that are none of ours are answered by the frame, without an activity',
  assertion_subject_mismatch:
    'an assertion whose iss and sub differ names no account, and is refused for that first',
  store_unavailable: 'with the store down there is nowhere to keep a receipt; the log has it',
  signing_key_unavailable: 'a tenant always has a key; below with a key ring that has none',
  overloaded: 'nobody read the request; test/http/shed-load.test.ts',
  internal_fault: 'a defect of ours; below with a decision that throws',
  rate_limited: 'above, on a server of its own',
} as const satisfies Partial<Record<RefusalReason, string>>;

describe('the reasons that no request brings about', () => {
  it('are these, and no others', () => {
    expect(reasons.filter((reason) => provocations[reason] === null).toSorted()).toEqual(
      Object.keys(unreachable).toSorted(),
    );
  });

  it('assertion_subject_mismatch, at the function', () => {
    const verdict = validateAssertionClaims(
      { iss: 'a', sub: 'b', aud: 'https://sts.example', jti: 'j', exp: 60 },
      { tenant: 'default', issuer: 'https://sts.example', assertionAudiences: [], now: 1 },
    );
    expect(verdict).toMatchObject({ ok: false, reason: 'assertion_subject_mismatch' });
    expect(explain('assertion_subject_mismatch', checksOf(verdict))?.causes).toEqual([
      {
        check: 'claims.iss',
        sentence:
          'The issuer (iss) is {"iss":"a","sub":"b"}; wanted is the same account id in iss and sub. Put the clientId of the account into both.',
      },
    ]);
  });

  it.each([
    ['internal_fault', new TypeError('a secret detail'), 500, 'server'],
    ['signing_key_unavailable', new NoActiveSigningKey('none'), 503, 'signing-key'],
  ] as const)('%s leaves a line that leads to the log', async (reason, fault, status, check) => {
    const { kept, reported, answer } = await decideWith(fault);
    expect(answer).toMatchObject({ ok: false, reason, response: { status } });
    const [line, ...others] = kept;
    expect(others).toEqual([]);
    expect(line).toMatchObject({ id: answer.ok ? '' : answer.activity, outcome: 'refused', reason });
    expect(reported).toEqual([fault]);
    expect(JSON.stringify([answer, line])).not.toContain('a secret detail');
    const explanation = explain(reason, line?.checks ?? []);
    expect(explanation?.causes.map((cause) => cause.check)).toEqual([check]);
    expect(JSON.stringify(explanation)).toMatch(/log/);
  });

  it('store_unavailable leaves none, and does not try', async () => {
    const { kept, answer } = await decideWith(new StoreUnavailable('down'));
    expect(answer).toMatchObject({ ok: false, reason: 'store_unavailable', response: { status: 503 } });
    expect(kept).toEqual([]);
  });

  it('a trail that cannot take the line of a fault changes nothing for the caller', async () => {
    const { answer, reported } = await decideWith(new TypeError('x'), () =>
      Promise.reject(new Error('full')),
    );
    expect(answer).toMatchObject({ ok: false, reason: 'internal_fault', response: { status: 500 } });
    expect(reported.map(String)).toEqual(['TypeError: x', 'Error: full']);
  });
});

describe('every reason has words', () => {
  it.each(reasons)('%s: whole sentences, also where nothing more is known', (reason) => {
    const { summary, change } = reasonSentences[reason];
    for (const text of [summary, change]) expect(text).toMatch(/^[A-Z`a-z{].*[.]$/s);
    const bare = explain(reason, []);
    expect(`${bare?.summary} ${bare?.change}`).not.toMatch(unfinished);
    expect(bare?.causes).toEqual([]);
  });

  it('and what is none of them has no explanation', () => {
    for (const reason of ['issued', 'created', 'strangers_summed_up', 'toString', ''])
      expect(explain(reason, [failed('x', 'a', 'b')])).toBeNull();
  });
});

const explain = (reason: string, checks: Activity['checks']) =>
  explainRefusal(
    {
      reason,
      checks,
      presented: [],
      parameters: null,
      issuer: null,
      subject: null,
      audience: null,
      account: null,
    },
    { presets: [], registeredIssuers: [] },
  );

const decideWith = async (fault: Error, record?: () => Promise<void>) => {
  const kept: Activity[] = [];
  const reported: unknown[] = [];
  let ids = 0;
  const deps = {
    clock: { now: () => 0, monotonic: () => 0 },
    newId: () => `id-${(ids += 1)}`,
    directory: { tenant: async () => null },
    activityLog: { record: record ?? (async (activity: Activity) => void kept.push(activity)) },
    strangers: { admit: () => ({ kept: 'alone' }) },
    evidenceBudget: { admit: () => true },
    metrics: { decided: () => undefined },
    reportFault: (error: unknown) => void reported.push(error),
  } as unknown as EndpointDependencies;
  const endpoint = createEndpoint<{ tenant: string; sourceAddress: string }, object, object>(deps, {
    name: 'token',
    activityType: 'token',
    success: 'issued',
    decide: () => Promise.reject(fault),
    keep: async () => ({ ok: true, activity: null, body: {} }),
  });
  const answer = await endpoint.answer({ tenant: 'default', sourceAddress: '192.0.2.1' });
  return { kept, reported, answer };
};
