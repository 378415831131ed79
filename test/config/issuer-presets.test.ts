import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadIssuerPresets } from '../../src/config/issuer-presets.ts';
import { findPreset } from '../../src/core/trust/preset.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bureau-presets-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const minimal = `title: Example
match: https://issuer.example.org
shared: false
patterns: { allowed: true, minimumLiteralSegments: 2 }
advice: [Keep it narrow.]
`;

describe('issuer presets', () => {
  it('A31 every file of config/issuers is one, and the shared platforms of the threat table are among them', async () => {
    const presets = await loadIssuerPresets('config/issuers');
    expect(presets).toHaveLength((await readdir('config/issuers')).length);
    const shared = presets.filter((preset) => preset.shared).map(({ name }) => name);
    expect(shared).toEqual(
      expect.arrayContaining([
        'buildkite',
        'circleci',
        'github-actions',
        'gitlab',
        'google',
        'terraform-cloud',
      ]),
    );
  });

  it('A31 a shared issuer refuses patterns, or wants the owner named', async () => {
    for (const preset of (await loadIssuerPresets('config/issuers')).filter(({ shared }) => shared)) {
      const named = preset.subjectStarts.length > 0 && preset.patterns.minimumLiteralSegments >= 2;
      expect([preset.name, !preset.patterns.allowed || named]).toEqual([preset.name, true]);
    }
  });

  it.each([
    ['https://token.actions.githubusercontent.com', 'github-actions'],
    ['https://token.actions.githubusercontent.com/acme-corp', 'github-actions-enterprise'],
    ['https://token.actions.githubusercontent.com.evil.example', null],
    ['https://ghes.acme.example/_services/token', 'ghes'],
    ['https://gitlab.com', 'gitlab'],
    ['https://gitlab.acme.example', null],
    ['https://accounts.google.com', 'google'],
    ['https://container.googleapis.com/v1/projects/p/locations/l/clusters/c', 'gke'],
    ['https://oidc.circleci.com/org/1', 'circleci'],
    ['https://sts.windows.net/1/', 'azure-v1'],
    ['https://login.microsoftonline.com/1/v2.0', 'azure-v2'],
    ['https://eastus.oic.prod-aks.azure.com/1/2/', 'aks'],
    ['https://oidc.eks.eu-west-1.amazonaws.com/id/A', 'eks'],
    ['https://1-2.tokens.sts.global.api.aws', 'aws-sts'],
    ['https://kubernetes.default.svc.cluster.local', 'kubernetes'],
    ['https://issuer.example.org', null],
  ])('%s is %s', async (issuer, name) => {
    expect(findPreset(await loadIssuerPresets('config/issuers'), issuer)?.name ?? null).toBe(name);
  });

  it('reads a file, with defaults for what it does not say', async () => {
    await writeFile(join(folder, 'example.yaml'), minimal);
    const [preset] = await loadIssuerPresets(folder);
    expect(preset).toMatchObject({
      name: 'example',
      match: ['https://issuer.example.org'],
      jwksUri: null,
      ownerClaims: [],
    });
    expect(preset?.matches('https://issuer.example.org')).toBe(true);
  });

  it.each([
    ['an unknown member', `${minimal}extra: 1\n`],
    ['a missing member', minimal.replace('shared: false\n', '')],
    ['a glob that is none', `${minimal}audiencesOfOthers: ['a**']\n`],
    ['advice that is no sentence', minimal.replace('Keep it narrow.', 'narrow')],
    ['an http JWKS URI', `${minimal}jwksUri: http://issuer.example.org/jwks\n`],
    ['no YAML', 'a: [\n'],
  ])('refuses %s and names the file', async (_what, text) => {
    await writeFile(join(folder, 'broken.yaml'), text);
    await expect(loadIssuerPresets(folder)).rejects.toThrow(/broken\.yaml/);
  });
});
