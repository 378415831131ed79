import type * as z from 'zod';
import type { keyHealthResource } from '../../admin-api/trusted-issuers.ts';
import type { CommandContext } from '../command-context.ts';
import { refused } from '../command-failed.ts';
import type { AdminOptions, OptionValues } from './admin-options.ts';
import { openAdminSession } from './admin-session.ts';
import { createResource } from './create-resource.ts';
import { findResource } from './find-resource.ts';
import { issuerFlags, issuerIdentityFlag } from './issuer-flags.ts';
import { printJson, printRecord } from './print.ts';
import { readBody } from './read-input.ts';
import { readFlags, withName } from './read-members.ts';
import { records } from './records.ts';
import { resources } from './resources.ts';
import { understood } from './understood.ts';
import { updateResource } from './update-resource.ts';
import { visible } from './visible-text.ts';

/** Options of `bureau issuers create` and `update`. */
export interface IssuerOptions extends AdminOptions, OptionValues {
  readonly file?: string;
}

const { issuers } = resources;

/** `bureau issuers create`. */
export const createIssuer = async (
  context: CommandContext,
  said: readonly string[],
  options: IssuerOptions,
): Promise<void> => {
  const fromFile = options.file === undefined ? {} : await readBody(context, options.file);
  const fromFlags = await readFlags(context, options, [issuerIdentityFlag, ...issuerFlags]);
  const body = { ...fromFile, ...withName(fromFlags, 'issuer', said[0]) };
  const session = await openAdminSession(context, options);
  await createResource(context, session, { ...issuers, create: 'createTrustedIssuer' }, { body }, options);
};

/** `bureau issuers update`. */
export const updateIssuer = async (
  context: CommandContext,
  said: readonly string[],
  options: IssuerOptions,
): Promise<void> => {
  const fromFile = options.file === undefined ? null : await readBody(context, options.file);
  const fromFlags = await readFlags(context, options, issuerFlags);
  const resource = { ...issuers, patch: 'patchTrustedIssuer' } as const;
  await updateResource(context, resource, said, { fromFile, fromFlags }, options);
};

/** `bureau issuers refresh`: exit code 1 where the keys could not be fetched. */
export const refreshIssuer = async (
  context: CommandContext,
  said: readonly string[],
  options: AdminOptions,
): Promise<void> => {
  const session = await openAdminSession(context, options);
  const { params, item } = await findResource(session, issuers, said);
  const { body } = await session.call<z.input<typeof keyHealthResource>>('refreshTrustedIssuer', { params });
  if (options.json === true) printJson(context, body);
  else printRecord(context, () => records.keyHealth(body));
  if (!body.ok) throw refused(`the keys of ${understood(() => visible(item.issuer))} could not be fetched`);
};
