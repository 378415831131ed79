import type { CredentialsFile } from '../core/accounts/credentials-file.ts';

/** The file the first administrator's credentials are handed over in; readable by its owner only (contract §2). */
export interface CredentialsVault {
  /** Puts the credentials away durably, not yet under their final name; replaces what an interrupted start put there. */
  put(credentials: CredentialsFile): Promise<void>;
  /** The account id in what was put away and not shown, or `null`. */
  pendingAccount(): Promise<string | null>;
  /** Gives what was put away its final name, once. */
  show(): Promise<void>;
  /** Removes what was put away. */
  discard(): Promise<void>;
}
