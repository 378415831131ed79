import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Surroundings } from '../contenders/surroundings.ts';
import { type LoadRunner, noSamples } from '../load/run-load.ts';
import { type TokenAlgorithm, tokenAlgorithms } from '../requests/sign-many.ts';
import type { Supplies } from '../requests/supplies.ts';
import { RunIsVoid, urns } from '../the-exchange.ts';
import { type Primitives, type SigningAlgorithm, signingAlgorithms } from './compute-limit.ts';
import type { HttpAlone } from './http-alone-process.ts';
import type { PrimitiveAnswer, PrimitiveJob } from './primitive-job.ts';

/** How long the primitives are measured. */
export interface PrimitiveTimes {
  readonly rounds: number;
  /** Of HTTP alone; each other primitive has a quarter of it. */
  readonly secondsPerRound: number;
  readonly connections: number;
}

/** So many tokens are verified in turn. */
const tokensInTurn = 500;

/** Measures what every token costs whatever the server is, each by itself on the core of the server. They take turns, round by round. */
export const measurePrimitives = async (
  surroundings: Surroundings,
  supplies: Supplies,
  load: LoadRunner,
  times: PrimitiveTimes,
): Promise<Primitives> => {
  const { nursery, folder, cores } = surroundings;
  const seconds = times.secondsPerRound / 4;
  const child = (program: URL) =>
    nursery.start({
      program,
      core: cores?.server ?? null,
      cwd: folder,
      outputFile: join(folder, 'primitives.log'),
      talks: true,
    });
  const once = async (job: PrimitiveJob): Promise<number> => {
    const one = child(new URL('./primitive-process.ts', import.meta.url));
    const { secondsPerCall } = await one.ask<PrimitiveAnswer>(job);
    await one.stop();
    return secondsPerCall;
  };

  const http = child(new URL('./http-alone-process.ts', import.meta.url));
  const { url } = await http.ask<HttpAlone>({});
  const formsFile = join(folder, 'http-alone.forms');
  const tokens = await supplies.tokens('RS256');
  const forms = tokens.map((token) =>
    new URLSearchParams({
      grant_type: urns.tokenExchange,
      subject_token: token,
      subject_token_type: urns.jwt,
    }).toString(),
  );
  writeFileSync(formsFile, forms.join('\n'));
  const measureHttp = async (roundSeconds: number) => {
    const result = await load({
      urls: [url],
      formsFile,
      first: 0,
      keep: true,
      most: null,
      pace: { kind: 'saturate' },
      connections: times.connections,
      seconds: roundSeconds,
      expected: { status: 200, text: '"access_token":"ey' },
      samples: noSamples,
      serverPids: [http.pid],
      databasePids: [],
    });
    if (result.serverCpuSeconds === null) throw new RunIsVoid('the system does not tell CPU times');
    return {
      perSecond: result.answers / result.seconds,
      seconds: result.serverCpuSeconds / (result.answers + result.late),
    };
  };

  const verify: Record<TokenAlgorithm, number[]> = { RS256: [], ES256: [], Ed25519: [] };
  const sign: Record<SigningAlgorithm, number[]> = { ES256: [], RS256: [] };
  const requests: Awaited<ReturnType<typeof measureHttp>>[] = [];
  await measureHttp(seconds * 2);
  for (let round = 0; round < times.rounds; round += 1) {
    for (const algorithm of tokenAlgorithms)
      verify[algorithm].push(
        await once({
          act: 'verify',
          algorithm,
          tokens: (await supplies.tokens(algorithm)).slice(0, tokensInTurn),
          jwk: supplies.signerOf(algorithm).jwk,
          seconds,
        }),
      );
    for (const algorithm of signingAlgorithms)
      sign[algorithm].push(await once({ act: 'sign', algorithm, seconds }));
    requests.push(await measureHttp(times.secondsPerRound));
  }
  await http.stop();
  return {
    verify,
    sign,
    http: requests.map((request) => request.seconds),
    httpPerSecond: requests.map(({ perSecond }) => perSecond),
  };
};
