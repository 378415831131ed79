// One primitive by itself, in a process that lives for a moment and does nothing else.
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { fromDer, toDer } from './ecdsa-signature.ts';
import type { PrimitiveAnswer, PrimitiveJob } from './primitive-job.ts';

/** CPU seconds of one call of `act`, after a while in which it was made fast. */
const measure = (seconds: number, act: (call: number) => void): number => {
  let call = 0;
  const run = (until: number): void => {
    while (performance.now() < until)
      for (let left = 100; left > 0; left -= 1) {
        act(call);
        call += 1;
      }
  };
  run(performance.now() + 100);
  const first = call;
  const before = process.cpuUsage();
  run(performance.now() + seconds * 1000);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / (call - first);
};

const hold = (good: boolean): void => {
  if (!good) throw new Error('a signature that is good was found to be none');
};

const measureVerify = ({
  algorithm,
  tokens,
  jwk,
  seconds,
}: Extract<PrimitiveJob, { act: 'verify' }>): number => {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const signed = tokens.map((token) => {
    const dot = token.lastIndexOf('.');
    return {
      input: Buffer.from(token.slice(0, dot)),
      signature: Buffer.from(token.slice(dot + 1), 'base64url'),
    };
  });
  const at = (call: number) => {
    const one = signed[call % signed.length];
    if (one === undefined) throw new Error('there is nothing to verify');
    return one;
  };
  const digest = algorithm === 'Ed25519' ? null : 'sha256';
  if (algorithm !== 'ES256')
    return measure(seconds, (call) => hold(verify(digest, at(call).input, key, at(call).signature)));
  const raw = { key, dsaEncoding: 'ieee-p1363' } as const;
  return Math.min(
    measure(seconds / 2, (call) => hold(verify(digest, at(call).input, key, toDer(at(call).signature)))),
    measure(seconds / 2, (call) => hold(verify(digest, at(call).input, raw, at(call).signature))),
  );
};

/** As long as the part of an access token that is signed. */
const signingInput = 550;

const measureSign = ({ algorithm, seconds }: Extract<PrimitiveJob, { act: 'sign' }>): number => {
  const input = Buffer.alloc(signingInput, 'a');
  if (algorithm === 'RS256') {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return measure(seconds, () => void sign('sha256', input, privateKey));
  }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const raw = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return Math.min(
    measure(seconds / 2, () => void fromDer(sign('sha256', input, privateKey))),
    measure(seconds / 2, () => void sign('sha256', input, raw)),
  );
};

process.on('message', (job: PrimitiveJob) => {
  const secondsPerCall = job.act === 'verify' ? measureVerify(job) : measureSign(job);
  process.send?.({ secondsPerCall } satisfies PrimitiveAnswer);
});
process.on('disconnect', () => process.exit());
process.on('SIGINT', () => undefined);
