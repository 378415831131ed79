import type { CommandContext } from '../command-context.ts';
import { misused } from '../command-failed.ts';
import type { AdminOptions, ForceOptions } from './admin-options.ts';
import { type AdminSession, openAdminSession } from './admin-session.ts';
import type { BlockItem } from './columns.ts';
import { findResource } from './find-resource.ts';
import type { Members } from './read-members.ts';
import { changeOf, printResource } from './resource-commands.ts';
import { resources } from './resources.ts';
import { visible } from './visible-text.ts';

/** Options of `bureau blocks add`. */
export interface BlockAddOptions extends ForceOptions {
  readonly account?: string;
  readonly federation?: string;
  readonly trustedIssuer?: string;
  readonly issuer?: string;
  readonly subject?: string;
  readonly keyId?: string;
  readonly reason: string;
}

/** Options of `bureau blocks remove`. */
export interface BlockRemoveOptions extends AdminOptions {
  readonly reason?: string;
}

const { accounts, blocks, issuers } = resources;

/** `bureau blocks add`. */
export const addBlock = async (
  context: CommandContext,
  _said: readonly string[],
  options: BlockAddOptions,
): Promise<void> => {
  requireOneTarget(options);
  const session = await openAdminSession(context, options);
  const target = await targetOf(session, options);
  const { body } = await session.call<BlockItem>('createBlock', {
    query: options.force === true ? { force: 'true' } : {},
    body: { target, reason: options.reason },
  });
  printResource(context, blocks, body, options);
};

/** `bureau blocks remove`: what was blocked is what it was before. */
export const removeBlock = async (
  context: CommandContext,
  said: readonly string[],
  options: BlockRemoveOptions,
): Promise<void> => {
  const session = await openAdminSession(context, options);
  const found = await findResource(session, blocks, said);
  await session.call('deleteBlock', {
    ...changeOf(found, {}),
    query: options.reason === undefined ? {} : { reason: options.reason },
  });
  context.say(`bureau: removed block ${visible(blocks.idOf(found.item))}`);
};

/** Before anything is sent: a kill switch that hits something else than was meant is worse than none. */
const requireOneTarget = (options: BlockAddOptions): void => {
  const { account, federation, trustedIssuer, issuer, subject, keyId } = options;
  const foreign = [subject, keyId].filter((part) => part !== undefined);
  const targets = [account, federation, trustedIssuer, ...foreign].filter((part) => part !== undefined);
  if (targets.length !== 1 || (issuer !== undefined) !== (foreign.length === 1))
    throw misused(
      'say one thing to block: --account, --federation, --trusted-issuer, --issuer with --subject, or --issuer with --key-id',
    );
};

const targetOf = async (session: AdminSession, options: BlockAddOptions): Promise<Members> => {
  const { account, federation, trustedIssuer, issuer, subject, keyId } = options;
  if (account !== undefined)
    return { account: accounts.idOf((await findResource(session, accounts, [account])).item) };
  if (trustedIssuer !== undefined)
    return { trustedIssuer: issuers.idOf((await findResource(session, issuers, [trustedIssuer])).item) };
  if (federation !== undefined) return { federation };
  return subject === undefined ? { issuer, keyId } : { issuer, subject };
};
