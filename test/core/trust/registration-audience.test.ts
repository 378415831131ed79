import { beforeAll, describe, expect, it } from 'vitest';
import { loadIssuerPresets } from '../../../src/config/issuer-presets.ts';
import type { IssuerPreset } from '../../../src/core/trust/preset.ts';
import { refuseAudience } from '../../../src/core/trust/registration-audience.ts';

const ownIssuer = 'https://sts.example.com';
let presets: readonly IssuerPreset[];
beforeAll(async () => {
  presets = await loadIssuerPresets('config/issuers');
});

describe('ST-21 an audience that means another service is refused', () => {
  it.each([
    'sts.amazonaws.com',
    'https://sts.amazonaws.com',
    'api://AzureADTokenExchange',
    'https://kubernetes.default.svc',
    'https://kubernetes.default.svc.cluster.local',
    'sigstore',
    '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x',
    'https://github.com/acme',
    'https://gitlab.com',
    'https://management.azure.com/',
    'aws.workload.identity',
    'ari:cloud:bitbucket::workspace/1',
    'https://vercel.com/acme',
  ])('ST-21 %s', (audience) => {
    const refusal = refuseAudience(audience, presets, ownIssuer);
    expect(refusal).toContain('another service');
    expect(refusal).toContain(ownIssuer);
  });

  it.each([
    ownIssuer,
    `${ownIssuer}/token`,
    'api.example.com',
    'urn:example:sts',
    'bureau',
    'https://github.company.example/acme',
    'sigstore.example.com',
  ])('ST-20 ST-21 positive control: %s, configured as it is', (audience) => {
    expect(refuseAudience(audience, presets, ownIssuer)).toBeNull();
  });

  it.each([null, '', 'a b', 'a\u0000', 'a\n', '*', 'https://sts.example.com/*', 'x'.repeat(513)])(
    'ST-20 %j is no audience',
    (audience) => {
      expect(refuseAudience(audience, presets, ownIssuer)).not.toBeNull();
    },
  );
});
