// A100: whether the time a refusal takes tells a stranger anything, over real sockets. What there is to learn from it is
// written down in .github/SECURITY.md.
import { startBureau } from '../test/support/bureau-process.ts';
import { createFakeIssuer, createFakeIssuerKey, type FakeIssuerKey } from '../test/support/fake-issuer.ts';
import { doors, registered } from '../test/support/test-bureau.ts';
import { median } from './statistics.ts';

const rounds = 2000;

const issuer = await createFakeIssuer();
const stranger = await createFakeIssuerKey('ES256');
const bureau = await startBureau({
  environment: {
    BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}`,
    BUREAU_LOG_LEVEL: 'silent',
    BUREAU_STRANGER_ACTIVITIES: '100000',
  },
});
try {
  const created = await bureau.admin('POST', '/service-accounts', {
    name: 'deploy',
    owningTeam: 'default',
    useCase: 'custom-api-integration',
    federations: [
      {
        issuer: issuer.issuer,
        jwksUri: issuer.jwksUri,
        subject: registered.subject,
        audience: registered.audience,
      },
    ],
  });
  const known: string = created.body.id;
  const kid = issuer.keys[0]?.kid;
  const sign = (claims: object = {}, key?: FakeIssuerKey): Promise<string> =>
    issuer.signToken({ sub: registered.subject, aud: registered.audience, ...claims }, { kid }, key);
  const unknownId = '00000000-0000-4000-8000-000000000000';
  const form = doors[1]?.form ?? (() => ({}));
  const cases: Readonly<Record<string, () => Promise<Record<string, string>>>> = {
    'unknown account': async () => ({
      ...form(await sign({ sub: 'repo:acme/unknown' })),
      client_id: unknownId,
    }),
    'wrong subject': async () => ({ ...form(await sign({ sub: 'repo:acme/unknown' })), client_id: known }),
    'bad signature': async () => ({ ...form(await sign({}, stranger)), client_id: known }),
  };
  const times = new Map(Object.keys(cases).map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds + 100; round += 1)
    for (const [name, make] of Object.entries(cases)) {
      const body = await make();
      const startedAt = performance.now();
      const { status } = await bureau.token(body);
      const took = performance.now() - startedAt;
      if (status !== 400) throw new Error(`${name}: answered with ${status}`);
      // The first rounds warm up.
      if (round >= 100) times.get(name)?.push(took);
    }
  const medians = [...times].map(([name, values]) => ({ name, ms: median(values) }));
  for (const { name, ms } of medians) process.stdout.write(`${name}: ${ms.toFixed(3)} ms\n`);
  const found = medians.map(({ ms }) => ms);
  const spread = Math.max(...found) - Math.min(...found);
  process.stdout.write(
    `difference of medians over ${rounds} rounds: ${spread.toFixed(3)} ms (A100: at most 0.5)\n`,
  );
  process.exitCode = spread <= 0.5 ? 0 : 1;
} finally {
  await bureau.stop();
  await issuer.close();
}
