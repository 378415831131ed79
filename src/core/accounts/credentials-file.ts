import { tokenPath, wellKnown } from '../oauth/metadata.ts';
import type { AccountKeyAlgorithm } from './account-key-algorithm.ts';

/** The file a client needs to sign in with a key of its own, exactly as handed out once (contract §5). */
export interface CredentialsFile {
  readonly serviceAccountId: string;
  readonly clientId: string;
  /** PKCS#8 PEM. */
  readonly privateKey: string;
  readonly keyId: string;
  readonly algorithm: AccountKeyAlgorithm;
  readonly tenant: string;
  readonly issuer: string;
  readonly discoveryURI: string;
  readonly tokenEndpoint: string;
}

/** Builds the credentials of an account from its fresh key pair. `issuer` is that of the tenant. */
export const buildCredentialsFile = ({
  accountId,
  privateKeyPem,
  kid,
  algorithm,
  tenant,
  issuer,
}: {
  readonly accountId: string;
  readonly privateKeyPem: string;
  readonly kid: string;
  readonly algorithm: AccountKeyAlgorithm;
  readonly tenant: string;
  readonly issuer: string;
}): CredentialsFile => ({
  serviceAccountId: accountId,
  clientId: accountId,
  privateKey: privateKeyPem,
  keyId: kid,
  algorithm,
  tenant,
  issuer,
  discoveryURI: `${issuer}${wellKnown.openidConfiguration}`,
  tokenEndpoint: `${issuer}${tokenPath}`,
});
