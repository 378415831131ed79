// Credential providers and what they are filled with, complete, valid, and changed member by member.
import type { CredentialProvider } from '../../src/core/credential-providers/credential-provider.ts';
import {
  type CompiledProvider,
  type CredentialProviderInput,
  type CredentialProviderWorld,
  parseCredentialProvider,
} from '../../src/core/credential-providers/parse-credential-provider.ts';
import type { TemplateData } from '../../src/core/issuance/template/variable.ts';
import type { JsonObject } from '../../src/core/json.ts';

/** `${oidc.identityToken.decode.payload.<path>}`. */
export const payload = (path: string): string => `\${oidc.identityToken.decode.payload.${path}}`;

/** The example of contract §5, to the letter. */
export const contractExample = {
  name: 'payments-svid',
  description: '',
  resourceSet: 'default',
  serviceAccounts: ['account-1'],
  subject: {
    type: 'dynamic',
    value: `spiffe://example.com/ns/${payload('namespace')}/sa/\${serviceaccount}`,
  },
  audience: 'my-service.example.com',
  lifetimeMinutes: 15,
  algorithm: 'RS256',
  claims: [
    { name: 'environment', type: 'literal', value: 'production' },
    { name: 'cluster', type: 'dynamic', value: '${os.environment.CLUSTER_NAME}' },
  ],
} as const satisfies CredentialProviderInput;

/** What {@link contractExample} is read against. */
export const providerWorld: CredentialProviderWorld = {
  environmentNames: new Set(['CLUSTER_NAME']),
  trustDomain: 'example.com',
  accounts: new Set(['account-1']),
};

/** A stored provider. */
export const sampleProvider = (changes: Partial<CredentialProvider> = {}): CredentialProvider => ({
  ...contractExample,
  tenant: 'default',
  id: 'provider-1',
  createdAt: 1_795_000_000_000,
  updatedAt: 1_795_000_000_000,
  version: 1,
  ...changes,
});

/** A provider that was read; throws what is wrong with it. */
export const compiled = (changes: Partial<CredentialProviderInput> = {}): CompiledProvider => {
  const parsed = parseCredentialProvider({ ...contractExample, ...changes }, providerWorld);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
};

/** What templates are filled with. */
export const templateData = (claims: JsonObject | null): TemplateData => ({
  claims,
  account: { id: 'account-1', name: 'deploy', team: 'payments' },
  environment: { CLUSTER_NAME: 'prod-eu-1' },
});

/** A token of a Kubernetes cluster. */
export const kubernetesClaims: JsonObject = { namespace: 'prod', sub: 'system:serviceaccount:prod:api' };

/** Claims no provider may set (A76), written out a second time: the product's own list is under test. */
export const protectedNames: readonly string[] = 'iss sub aud exp iat nbf jti cnf act scope client_id'.split(
  ' ',
);
