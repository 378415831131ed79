import type { CredentialsFile } from '../core/accounts/credentials-file.ts';

/** The file the first administrator's credentials are handed over in; readable by its owner only (contract §2). */
export interface CredentialsVault {
  /** Puts the credentials away durably, not yet under their final name. Several starts at once do not disturb each other. */
  put(credentials: CredentialsFile): Promise<void>;
  /** The account ids of all credentials that were put away and neither shown nor discarded. */
  pending(): Promise<readonly string[]>;
  /** Gives the credentials of this account the final name, once. */
  show(accountId: string): Promise<void>;
  /** Removes the credentials of this account that were put away. */
  discard(accountId: string): Promise<void>;
}
