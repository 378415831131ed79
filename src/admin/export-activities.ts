import { createHash } from 'node:crypto';
import type { ActivityFilter } from '../core/activity/activity-filter.ts';
import { parseSeal, sealTypes } from '../core/activity/seal.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { StoredLine, TrailPage, TrailState } from '../ports/trail-store.ts';
import type { Actor } from './actor.ts';
import type { AdminProblem } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';
import { beforeAll, headsOf, isWithin, lastNumbers, placedLine } from './verify-trail.ts';

/** Lines read and sent at once: some hundred KiB. */
const pageLines = 500;

/** The first ones, so that the first byte does not wait for a large page. */
const firstLines = 20;

type Export = Pick<AdminDependencies, 'storage' | 'clock' | 'seals'>;

/**
 * The activities of the actor's tenant as lines of JSON, the oldest first, as they are when it begins; memory stays flat
 * whatever their number. Each line has its place in its chain. The last line says how many there were and how the chains
 * ended, with the digest of all before it, and is signed: whoever has the file can tell later that nothing in it was
 * changed, moved or cut (`bureau activities verify --file FILE`).
 *
 * The stream breaks off, without its last line, where retention drops lines under its hands.
 */
export const exportActivities = (
  deps: Export & Pick<AdminDependencies, 'takeExport'>,
  actor: Actor,
  filter: ActivityFilter,
): Result<AsyncIterable<string>, AdminProblem> => {
  const { tenant } = actor.account;
  const leave = deps.takeExport(tenant);
  return leave === null
    ? fail({
        code: 'rate_limited',
        detail: 'As many exports of this tenant are under way as may be. Come back when one has ended.',
        retryAfterSeconds: 10,
      })
    : ok(writeExport(deps, tenant, filter, leave));
};

async function* writeExport(
  deps: Export,
  tenant: string,
  filter: ActivityFilter,
  leave: () => void,
): AsyncGenerator<string> {
  try {
    const state = await deps.storage.trail.state(tenant);
    const numbers = lastNumbers(state);
    const hasHole = Object.keys(filter).length === 0 ? createHoleSearch(state) : null;
    const digest = createHash('sha256');
    let count = 0;
    let unlinked = 0;
    let next: number | null = beforeAll;
    while (next !== null) {
      const page: TrailPage = await deps.storage.trail.read(
        tenant,
        { after: next, last: state.last },
        filter,
        next === beforeAll ? firstLines : pageLines,
      );
      next = page.next;
      const within = page.lines.filter((line) => isWithin(numbers, line));
      if (within.length === 0) continue;
      if (hasHole?.(within) === true) await requireSameBeginning(deps, tenant, state);
      const text = within.map((line) => `${JSON.stringify(lineOf(tenant, line))}\n`).join('');
      count += within.length;
      unlinked += within.filter(({ link }) => link === null).length;
      digest.update(text);
      yield text;
    }
    if (hasHole !== null && unlinked < state.oldLines.count) await requireSameBeginning(deps, tenant, state);
    const claims = {
      type: 'export',
      tenant,
      time: new Date(deps.clock.now()).toISOString(),
      filter: wireFilter(filter),
      lines: count,
      digest: digest.digest('base64url'),
      heads: headsOf(state),
      oldLines: state.oldLines.count,
      checkpoint: state.checkpoint,
    };
    yield await sealedLine(deps, tenant, claims);
  } finally {
    leave();
  }
}

/** What cannot be read is shown as such: the place it takes in its chain is all that is known of it. */
const lineOf = (tenant: string, line: StoredLine): object =>
  placedLine(tenant, line)?.members ?? { tenant, id: line.id, unreadable: true, chain: null };

const wireFilter = ({ from, to, ...others }: ActivityFilter): object => ({
  ...(from === undefined ? {} : { from: new Date(from).toISOString() }),
  ...(to === undefined ? {} : { to: new Date(to).toISOString() }),
  ...others,
});

/** The claims beside the signature over them, so that they can be read without taking it apart. */
const sealedLine = async ({ seals }: Export, tenant: string, claims: object): Promise<string> => {
  const signature = await seals.seal(tenant, sealTypes.export, claims);
  const seal = parseSeal(signature, sealTypes.export);
  if (!seal.ok) throw new Error(`an export was signed and cannot be read: ${seal.error}`);
  return `${JSON.stringify({ ...seal.value.claims, signature })}\n`;
};

/** Whether a line is missing before any of these; a hole that was there before is shown as what it is. */
const createHoleSearch = ({ chains }: TrailState): ((lines: readonly StoredLine[]) => boolean) => {
  const last = new Map(chains.map(({ writer, dropped }) => [writer, dropped.number]));
  return (lines) => {
    let hasHole = false;
    for (const { link } of lines) {
      if (link === null) continue;
      hasHole ||= link.number > (last.get(link.writer) ?? 0) + 1;
      last.set(link.writer, link.number);
    }
    return hasHole;
  };
};

const requireSameBeginning = async (
  { storage }: Export,
  tenant: string,
  state: TrailState,
): Promise<void> => {
  if ((await storage.trail.state(tenant)).checkpoint !== state.checkpoint) throw new ExportOvertaken();
};

/** Retention dropped what was about to be read. */
class ExportOvertaken extends Error {
  override readonly name = 'ExportOvertaken';
}
