import type { AppendAtOnce } from '../stores/append-activities.ts';
import type { NewLine } from '../stores/new-line.ts';
import type { LinesOfTenant } from './commit-protocol.ts';
import type { Commit } from './share-commits.ts';

/** In the order of `activityColumns` as far as the place, and then the text. */
const toValues = ({ activity, body, text }: NewLine): LinesOfTenant['lines'][number] => [
  activity.tenant,
  activity.id,
  activity.time,
  activity.type,
  activity.outcome,
  activity.reason,
  activity.account?.id ?? null,
  activity.issuer,
  activity.subject,
  activity.jti,
  body,
  text.before,
  text.after,
];

/** {@link AppendAtOnce} in the thread of the writer, which links, too. */
export const createAppendAtOnce =
  (commit: Commit): AppendAtOnce =>
  async (writer, lines) =>
    (await commit({
      write: 'lines',
      writer,
      tenants: lines.map(([tenant, ofTenant]) => ({ tenant, lines: ofTenant.map(toValues) })),
    })) === true;
