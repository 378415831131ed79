import { isAdministrator, mayAdminister } from '../../src/admin/administrators.ts';
import { buildBlocks } from '../../src/core/blocks/blocks.ts';
import type { Stores } from '../../src/ports/stores.ts';

/**
 * How many administrators a tenant has that are neither disabled nor blocked; where `ableAt` is given, that could sign in
 * then.
 */
export const countAdministrators = async (
  stores: Stores,
  tenant: string,
  ableAt: number | null = null,
  exceptId = '',
): Promise<number> => {
  const blocks = buildBlocks(await stores.blocks.allOf(tenant));
  const { items } = await stores.serviceAccounts.list(
    tenant,
    { role: 'administrator', status: 'enabled' },
    { limit: 200, cursor: null },
  );
  let count = 0;
  for (const account of items) {
    const keys = await stores.accountKeys.listOf(tenant, account.id);
    const counts =
      ableAt === null
        ? isAdministrator({ account }, blocks)
        : await mayAdminister(stores, { account, keys }, blocks, ableAt);
    if (account.id !== exceptId && counts) count += 1;
  }
  return count;
};
