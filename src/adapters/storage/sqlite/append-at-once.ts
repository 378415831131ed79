import type { AppendAtOnce } from '../stores/append-activities.ts';
import type { NewLine } from '../stores/new-line.ts';
import type { LinesOfTenant } from './commit-protocol.ts';
import { flatten } from './note-uses.ts';
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
  async (writer, lines) => {
    const tenants = lines.map(([tenant, ofTenant]) => ({
      tenant,
      lines: ofTenant.map(toValues),
      uses: ofTenant.flatMap(({ uses }, line) => (uses.length === 0 ? [] : [{ line, uses: flatten(uses) }])),
    }));
    const answer = await commit({ write: 'lines', writer, tenants });
    if (answer === null) return null;
    if (answer.written !== 'lines') throw new TypeError('lines are answered with those that are spent');
    const spent = new Map<NewLine, number>();
    for (const { tenant, line, use } of answer.spent) {
      const refused = lines[tenant]?.[1][line];
      if (refused === undefined) throw new RangeError('a line is answered that was not given');
      spent.set(refused, use);
    }
    return spent;
  };
