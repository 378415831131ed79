import type { ServiceAccount } from './service-account.ts';

/** Whose token it is and for whom. */
export interface TokenParties {
  readonly accountId: string;
  readonly audiences: readonly string[];
}

/**
 * Whether `caller` may learn what a token of its tenant says (IR-03): an account with a role in administration may, whatever
 * the token is for; any other one only of its own tokens and of those meant for it. What an account is good for is what was
 * registered as its `audiences`; the default of an account without any is nobody's own and opens nothing.
 */
export const maySeeToken = (
  caller: Pick<ServiceAccount, 'id' | 'role' | 'audiences'>,
  token: TokenParties,
): boolean =>
  caller.role !== null ||
  token.accountId === caller.id ||
  token.audiences.some((audience) => caller.audiences.includes(audience));

/** Whether `caller` may revoke a token of its tenant: its own, and an administrator any (RFC 7009 §2.1, IR-11). */
export const mayRevokeToken = (
  caller: Pick<ServiceAccount, 'id' | 'role'>,
  token: Pick<TokenParties, 'accountId'>,
): boolean => caller.role === 'administrator' || token.accountId === caller.id;
