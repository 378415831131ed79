import type { CommandContext } from '../command-context.ts';
import { misused } from '../command-failed.ts';
import { proposalFlags } from './account-flags.ts';
import type { AdminOptions, OptionValues } from './admin-options.ts';
import { type AdminSession, openAdminSession } from './admin-session.ts';
import { findResource } from './find-resource.ts';
import { printJson } from './print.ts';
import { readBody, readInput } from './read-input.ts';
import { readFlags } from './read-members.ts';
import { type ProposalItem, proposalSections } from './registration-records.ts';
import { renderRecord } from './render-record.ts';
import { resources } from './resources.ts';
import { screenOf } from './style.ts';
import { understood } from './understood.ts';

/** Options of `bureau accounts propose` and `bureau inbox propose`. */
export interface ProposeOptions extends AdminOptions, OptionValues {
  readonly token?: string;
  readonly claims?: string;
}

/** `bureau accounts propose`: a registration for a token, ready for `bureau accounts create --file FILE`. */
export const proposeAccount = async (context: CommandContext, options: ProposeOptions): Promise<void> => {
  const { token, claims } = options;
  if ((token === undefined) === (claims === undefined))
    throw misused('say what to make it from: --token FILE or --claims FILE, one of the two');
  const sample =
    token === undefined
      ? { claims: await readBody(context, claims ?? '-') }
      : { token: (await readInput(context, token)).trim() };
  const members = await readFlags(context, options, proposalFlags);
  const session = await openAdminSession(context, options);
  const { body } = await session.call<ProposalItem>('proposeServiceAccount', {
    body: { ...sample, ...members },
  });
  printProposal(context, body, options);
};

/** `bureau inbox propose`: the same from an entry of the inbox. */
export const proposeFromInbox = async (
  context: CommandContext,
  said: readonly string[],
  options: ProposeOptions,
): Promise<void> => {
  const members = await readFlags(context, options, proposalFlags);
  const session: AdminSession = await openAdminSession(context, options);
  const { params } = await findResource(session, resources.inbox, said);
  const { body } = await session.call<ProposalItem>('proposeFromInbox', { params, body: members });
  printProposal(context, body, options);
};

/** The registration alone on stdout, so that it can be sent on; what to know about it on stderr. */
const printProposal = (context: CommandContext, item: ProposalItem, { json }: AdminOptions): void => {
  if (json === true) return printJson(context, item);
  const lines = understood(() => renderRecord(proposalSections(item), { style: screenOf(context).style }));
  for (const line of lines) context.say(line);
  printJson(
    context,
    understood(() => ({ ...item.proposal })),
  );
};
