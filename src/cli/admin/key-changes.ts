import type { CommandContext } from '../command-context.ts';
import type { OutOptions } from './admin-options.ts';
import { openAdminSession } from './admin-session.ts';
import { createResource } from './create-resource.ts';
import { findParent } from './find-resource.ts';
import { expiryOf } from './moment.ts';
import { readPublicKey } from './read-input.ts';
import { resources } from './resources.ts';

/** Options of `bureau keys generate`. */
export interface KeyGenerateOptions extends OutOptions {
  readonly algorithm: string;
  readonly expires?: string;
}

/** Options of `bureau keys add`. */
export interface KeyAddOptions extends OutOptions {
  readonly file: string;
  readonly algorithm?: string;
  readonly kid?: string;
  readonly expires?: string;
}

const create = 'createAccountKey';

/** `bureau keys generate`. */
export const generateKey = async (
  context: CommandContext,
  said: readonly string[],
  options: KeyGenerateOptions,
): Promise<void> => {
  const body = { generate: options.algorithm, ...expiryOf(context, '--expires', options.expires) };
  await addKey(context, said, body, options, true);
};

/** `bureau keys add`. */
export const uploadKey = async (
  context: CommandContext,
  said: readonly string[],
  options: KeyAddOptions,
): Promise<void> => {
  const { file, algorithm, kid, expires } = options;
  const body = {
    publicKey: await readPublicKey(context, file),
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(kid === undefined ? {} : { kid }),
    ...expiryOf(context, '--expires', expires),
  };
  await addKey(context, said, body, options, false);
};

const addKey = async (
  context: CommandContext,
  said: readonly string[],
  body: Readonly<Record<string, unknown>>,
  options: OutOptions,
  handsOut: boolean,
): Promise<void> => {
  const session = await openAdminSession(context, options);
  const params = await findParent(session, resources.accounts, said);
  await createResource(context, session, { ...resources.keys, create }, { params, body }, options, handsOut);
};
