import { rotationPolicies } from '../../src/core/signing-keys/rotation-policies.ts';

/** The rotation as it is configured by default. */
export const defaultPolicies = rotationPolicies({
  rotateAfterDays: 30,
  publishAheadSeconds: 1500,
  publishedMaxAgeSeconds: 300,
});

/** What a key ring needs beside its store, its backend and its clock, where a test is about something else. */
export const keyRingParts = { policies: defaultPolicies, reportFault: () => undefined } as const;
