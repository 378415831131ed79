import { createTurnBatch } from '../../core/turn-batch.ts';
import type { SignatureVerifier } from '../../ports/signature-verifier.ts';
import { importKey } from './import-key.ts';
import { verifySignature } from './verify-signature.ts';

/** Verifies JWS signatures with node:crypto, all those of one turn of the event loop together. */
export const createSignatureVerifier = (): SignatureVerifier => {
  const verifyInBatch = createTurnBatch(
    (call: Parameters<typeof verifySignature>) => verifySignature(...call),
    setImmediate,
  );
  return {
    importKey,
    verify: (algorithm, key, signingInput, signature) =>
      verifyInBatch([algorithm, key, signingInput, signature]),
  };
};
