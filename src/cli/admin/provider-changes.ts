import type * as z from 'zod';
import type { verifiedCredentialProviderResource } from '../../admin-api/credential-providers.ts';
import type { CommandContext } from '../command-context.ts';
import { misused, refused } from '../command-failed.ts';
import type { AdminOptions, OptionValues } from './admin-options.ts';
import { type AdminSession, openAdminSession } from './admin-session.ts';
import { createResource } from './create-resource.ts';
import { findResource } from './find-resource.ts';
import { printJson, printRecord } from './print.ts';
import { providerFlags, providerOf } from './provider-flags.ts';
import { readBody, readInput } from './read-input.ts';
import { type Members, readFlags, withName } from './read-members.ts';
import { records } from './records.ts';
import { resources } from './resources.ts';
import { updateResource } from './update-resource.ts';
import { visible } from './visible-text.ts';

/** Options of `bureau providers create` and `update`. */
export interface ProviderOptions extends AdminOptions, OptionValues {
  readonly file?: string;
}

/** Options of `bureau providers verify`. */
export interface ProviderVerifyOptions extends AdminOptions {
  readonly tokenFile?: string;
  readonly claims?: string;
  readonly account?: string;
}

const { accounts, providers } = resources;

/** `bureau providers create`. */
export const createProvider = async (
  context: CommandContext,
  said: readonly string[],
  options: ProviderOptions,
): Promise<void> => {
  const fromFile = options.file === undefined ? {} : await readBody(context, options.file);
  const fromFlags = withName(providerOf(await readFlags(context, options, providerFlags)), 'name', said[0]);
  const session = await openAdminSession(context, options);
  const body = { ...fromFile, ...(await withAccountIds(session, fromFlags)) };
  await createResource(
    context,
    session,
    { ...providers, create: 'createCredentialProvider' },
    { body },
    options,
  );
};

/** `bureau providers update`. */
export const updateProvider = async (
  context: CommandContext,
  said: readonly string[],
  options: ProviderOptions,
): Promise<void> => {
  const fromFile = options.file === undefined ? null : await readBody(context, options.file);
  const named = providerOf(await readFlags(context, options, providerFlags));
  const fromFlags = Array.isArray(named['serviceAccounts'])
    ? await withAccountIds(await openAdminSession(context, options), named)
    : named;
  const resource = { ...providers, patch: 'patchCredentialProvider' } as const;
  await updateResource(context, resource, said, { fromFile, fromFlags }, options);
};

/** `bureau providers verify`: each point that was looked at; exit code 1 where one is not good. */
export const verifyProvider = async (
  context: CommandContext,
  said: readonly string[],
  options: ProviderVerifyOptions,
): Promise<void> => {
  const { tokenFile, claims, account } = options;
  if (tokenFile !== undefined && claims !== undefined)
    throw misused('--token-file and --claims exclude each other');
  const sample: Members = {
    ...(tokenFile === undefined ? {} : { token: (await readInput(context, tokenFile)).trim() }),
    ...(claims === undefined ? {} : { claims: await readBody(context, claims) }),
  };
  const session = await openAdminSession(context, options);
  const { params, item } = await findResource(session, providers, said);
  const body = {
    ...sample,
    ...(account === undefined ? {} : { serviceAccount: await accountId(session, account) }),
  };
  const trial = await session.call<z.input<typeof verifiedCredentialProviderResource>>(
    'verifyCredentialProvider',
    { params, body },
  );
  if (options.json === true) printJson(context, trial.body);
  else printRecord(context, () => records.providerTrial(trial.body));
  if (!trial.body.ok)
    throw refused(`the credential provider ${visible(item.name)} would not issue a good JWT-SVID for this`);
};

const accountId = async (session: AdminSession, name: string): Promise<string> =>
  accounts.idOf((await findResource(session, accounts, [name])).item);

/** Accounts by their ids, as the API takes them. */
const withAccountIds = async (session: AdminSession, members: Members): Promise<Members> => {
  const { serviceAccounts: named } = members;
  if (!Array.isArray(named)) return members;
  const serviceAccounts: string[] = [];
  for (const name of named) serviceAccounts.push(await accountId(session, String(name)));
  return { ...members, serviceAccounts };
};
