import type { AdminOperationName } from '../../admin-api/operations.ts';
import type { CommandContext } from '../command-context.ts';
import type { OutOptions } from './admin-options.ts';
import type { AdminSession } from './admin-session.ts';
import { openCredentialsOutput } from './credentials-output.ts';
import { printJson } from './print.ts';
import { printResource } from './resource-commands.ts';
import type { Resource } from './resources.ts';
import { visible } from './visible-text.ts';

type MayHaveCredentials = { readonly credentials?: unknown };

/**
 * Creates a resource and prints it. Credentials that come with it are put away first, into a place that was made sure of
 * before anything was sent.
 *
 * @param handsOut whether the server is asked to make a key pair
 */
export const createResource = async <Item extends object>(
  context: CommandContext,
  session: AdminSession,
  resource: Resource<Item> & { readonly create: AdminOperationName },
  call: {
    readonly params?: Readonly<Record<string, string>>;
    readonly body: Readonly<Record<string, unknown>>;
  },
  options: OutOptions,
  handsOut = false,
): Promise<void> => {
  const output = handsOut ? await openCredentialsOutput(context, options) : null;
  const reply = await session
    .call<Item & MayHaveCredentials>(resource.create, call)
    .catch(async (error: unknown) => {
      await output?.release();
      throw error;
    });
  const { credentials, ...item } = reply.body;
  if (credentials === undefined) await output?.release();
  else await output?.put(credentials);
  if (output?.stdout === 'everything') printJson(context, reply.body);
  else if (output?.stdout === 'credentials')
    context.say(`bureau: created ${resource.noun} ${visible(resource.idOf(reply.body))}`);
  else printResource(context, resource, item as Item, options);
};
