import type { CommandContext } from '../command-context.ts';
import { misused } from '../command-failed.ts';
import { accountFlags, federationFlags, federationOf } from './account-flags.ts';
import type { ForceOptions, OptionValues, OutOptions } from './admin-options.ts';
import { openAdminSession } from './admin-session.ts';
import { createResource } from './create-resource.ts';
import { expiryOf } from './moment.ts';
import { readBody, readPublicKey } from './read-input.ts';
import { type Members, readFlags, withName } from './read-members.ts';
import { resources } from './resources.ts';
import { updateResource } from './update-resource.ts';

/** Options of `bureau accounts create`. */
export interface AccountCreateOptions extends OutOptions, OptionValues {
  readonly file?: string;
  readonly generateKey?: string;
  readonly publicKey?: string;
  readonly keyExpires?: string;
}

/** Options of `bureau accounts update`. */
export interface AccountUpdateOptions extends ForceOptions, OptionValues {
  readonly file?: string;
}

const { accounts } = resources;
const create = 'createServiceAccount';
const patch = 'patchServiceAccount';

/** `bureau accounts create`. */
export const createAccount = async (
  context: CommandContext,
  said: readonly string[],
  options: AccountCreateOptions,
): Promise<void> => {
  const fromFile = options.file === undefined ? {} : await readBody(context, options.file);
  const fromFlags = withName(await readFlags(context, options, accountFlags), 'name', said[0]);
  const federation = federationOf(await readFlags(context, options, federationFlags));
  const key = await keyOf(context, options);
  const body = {
    ...fromFile,
    ...fromFlags,
    ...(federation === null ? {} : oneMore(fromFile, federation)),
    ...(key === null ? {} : { key }),
  };
  const handsOut = isGenerated(body['key']);
  if (options.out !== undefined && !handsOut)
    throw misused('--out is for the credentials of a key pair made here: --generate-key ES256');
  const session = await openAdminSession(context, options);
  await createResource(context, session, { ...accounts, create }, { body }, options, handsOut);
};

/** `bureau accounts update`. */
export const updateAccount = async (
  context: CommandContext,
  said: readonly string[],
  options: AccountUpdateOptions,
): Promise<void> => {
  const fromFile = options.file === undefined ? null : await readBody(context, options.file);
  const fromFlags = await readFlags(context, options, accountFlags);
  const federation = federationOf(await readFlags(context, options, federationFlags));
  await updateResource(
    context,
    { ...accounts, patch },
    said,
    {
      fromFile,
      fromFlags,
      ...(federation === null ? {} : { added: (item) => oneMore({ ...item }, federation) }),
    },
    options,
  );
};

const oneMore = (members: Members, federation: Members): Members => {
  const there = members['federations'];
  return { federations: [...(Array.isArray(there) ? (there as readonly unknown[]) : []), federation] };
};

const keyOf = async (
  context: CommandContext,
  { generateKey, publicKey, keyExpires }: AccountCreateOptions,
): Promise<Members | null> => {
  if (generateKey === undefined && publicKey === undefined) {
    if (keyExpires === undefined) return null;
    throw misused('--key-expires goes with --generate-key or --public-key');
  }
  return {
    ...(publicKey === undefined
      ? { generate: generateKey }
      : { publicKey: await readPublicKey(context, publicKey) }),
    ...expiryOf(context, '--key-expires', keyExpires),
  };
};

const isGenerated = (key: unknown): boolean => typeof key === 'object' && key !== null && 'generate' in key;
