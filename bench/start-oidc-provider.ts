import { join } from 'node:path';
import type { Nursery } from './children.ts';
import type { OidcProviderReady, OidcProviderSetup } from './oidc-provider-process.ts';
import { type Contender, type KnownIssuer, urns } from './the-exchange.ts';

/** Starts npm's oidc-provider with a token-exchange grant, held to `core`. */
export const startOidcProvider = async (
  nursery: Nursery,
  folder: string,
  core: number | null,
  issuers: readonly KnownIssuer[],
  nodeOptions: readonly string[],
): Promise<Contender> => {
  const child = nursery.start({
    program: new URL('./oidc-provider-process.ts', import.meta.url),
    core,
    nodeOptions,
    cwd: folder,
    outputFile: join(folder, 'oidc-provider.log'),
    talks: true,
  });
  const { issuer, clientId } = await child.ask<OidcProviderReady>({ issuers } satisfies OidcProviderSetup);
  return {
    name: 'oidc-provider',
    pid: child.pid,
    issuer,
    tokenUrl: `${issuer}/token`,
    jwksUri: `${issuer}/jwks`,
    body: (subjectToken) =>
      new URLSearchParams({
        grant_type: urns.tokenExchange,
        client_id: clientId,
        subject_token: subjectToken,
        subject_token_type: urns.jwt,
      }).toString(),
    stop: () => child.stop(),
  };
};
