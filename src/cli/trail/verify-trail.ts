import type * as z from 'zod';
import type { trailReportResource } from '../../admin-api/activities.ts';
import type { Checkpoint } from '../../core/activity/checkpoint.ts';
import { parseCheckpoint } from '../../core/activity/checkpoint.ts';
import { readExportLine } from '../../core/activity/check-export.ts';
import { parseSeal, sealTypes } from '../../core/activity/seal.ts';
import type { AdminOptions } from '../admin/admin-options.ts';
import { type AdminSession, openAdminSession } from '../admin/admin-session.ts';
import { printJson } from '../admin/print.ts';
import { notUnderstood } from '../admin/understood.ts';
import { visible } from '../admin/visible-text.ts';
import type { CommandContext } from '../command-context.ts';
import { misused, refused } from '../command-failed.ts';
import { type Anchor, type AnchorReport, createAnchors, readAnchors, sayUncompared } from './anchors.ts';
import { readKeys } from './read-keys.ts';
import { splitLines } from './split-lines.ts';
import { verifyExport } from './verify-export.ts';

type TrailReport = z.input<typeof trailReportResource>;

/** Options of `bureau activities verify`. */
export interface VerifyOptions extends AdminOptions {
  readonly file?: string;
  readonly jwks?: string;
  readonly heads?: string;
}

/** `bureau activities verify`: the trail on the server, or a file that was exported from it. */
export const verifyTrail = async (context: CommandContext, options: VerifyOptions): Promise<void> => {
  if (options.file === undefined && options.jwks !== undefined)
    throw misused('--jwks says with which keys a file has to be signed: name it with --file');
  const anchors = options.heads === undefined ? [] : await readHeads(context, options.heads);
  if (options.file === undefined) await verifyOnline(context, options, anchors);
  else await verifyFile(context, options, options.file, anchors);
};

const readHeads = async (context: CommandContext, path: string): Promise<readonly Anchor[]> => {
  const text = await context.readText(path);
  if (text === null) throw misused(`there is no file ${visible(path)}`);
  const heads = readAnchors(text);
  if (heads === null)
    throw misused(
      `there are no heads in ${visible(path)}: give an answer of an earlier check, or lines of the log`,
    );
  return heads;
};

const conclude = (
  context: CommandContext,
  { json }: AdminOptions,
  report: object,
  words: string,
  faults: readonly string[],
): void => {
  if (json === true) printJson(context, report);
  else if (faults.length === 0) context.write(`${visible(words)}\n`);
  if (faults.length > 0)
    throw refused('the trail is not what it was', ...faults.map((fault) => `  ${visible(fault)}`));
};

const verifyFile = async (
  context: CommandContext,
  options: VerifyOptions,
  file: string,
  anchors: readonly Anchor[],
): Promise<void> => {
  const keys = options.jwks === undefined ? null : await readKeys(context, options.jwks);
  const report = await verifyExport(() => context.readBytes(file), { keys, anchors });
  const whose = report.isKeyKnown
    ? 'one of the given keys'
    : `the key ${report.kid ?? ''}, which nothing was held against (--jwks)`;
  const what = report.isFiltered ? 'each is itself; others were left out' : 'none is missing';
  const words = `good: ${report.checked} activities${sayUnlinked(report)} of tenant ${report.tenant ?? ''} until ${report.time ?? ''}, ${what}; signed with ${whose}${sayUncompared(report.anchors)}`;
  conclude(context, options, report, words, report.faults);
};

const verifyOnline = async (
  context: CommandContext,
  options: VerifyOptions,
  anchors: readonly Anchor[],
): Promise<void> => {
  const session = await openAdminSession(context, options);
  const report = await readReport(session);
  const kept = anchors.length === 0 ? null : await findLost(session, report, anchors);
  const lost = (kept?.faults ?? []).map((fault) => `${fault.slice(0, 1).toUpperCase()}${fault.slice(1)}.`);
  const faults = [...report.faults.map(({ sentence }) => sentence), ...lost];
  const more = report.faultCount - report.faults.length;
  if (more > 0) faults.push(`There are ${more} more faults.`);
  const words = `good: ${report.checked} activities${sayUnlinked(report)}, ${report.heads.length} chain${report.heads.length === 1 ? '' : 's'}${report.checkpoint === null ? '' : ', older ones replaced by a checkpoint'}${kept === null ? '' : sayUncompared(kept)}`;
  conclude(
    context,
    options,
    {
      ...report,
      ok: report.ok && lost.length === 0,
      lost,
      ...(kept === null ? {} : { anchors: { compared: kept.compared, uncompared: kept.uncompared } }),
    },
    words,
    faults,
  );
};

const sayUnlinked = ({ unlinked }: { readonly unlinked: number }): string =>
  unlinked === 0 ? '' : ` (${unlinked} of them from before there were chains: nothing proves those)`;

const readReport = async (session: AdminSession): Promise<TrailReport> => {
  let text = '';
  const decoder = new TextDecoder();
  // White space keeps the connection alive until the check is over.
  for await (const chunk of session.stream('verifyActivities', {}))
    text = (text + decoder.decode(chunk, { stream: true })).trimStart();
  try {
    const report = JSON.parse(text) as TrailReport;
    if (typeof report.ok === 'boolean' && Array.isArray(report.faults) && Array.isArray(report.heads))
      return report;
  } catch {
    // Said below.
  }
  throw notUnderstood();
};

/** What was kept elsewhere and is not in the trail: read through once more, line by line. */
const findLost = async (
  session: AdminSession,
  { checkpoint }: TrailReport,
  heads: readonly Anchor[],
): Promise<AnchorReport> => {
  const anchors = createAnchors(heads);
  const decoder = new TextDecoder();
  let tenant: string | null = null;
  for await (const line of splitLines(session.stream('exportActivities', {}))) {
    const placed = readExportLine(decoder.decode(line).trimEnd());
    const of = placed?.members['tenant'];
    if (typeof of === 'string') tenant = of;
    if (placed?.link && tenant !== null) anchors.take(tenant, placed.link);
  }
  return anchors.conclude(tenant, checkpointOf(checkpoint));
};

/** As the server vouches for it. */
const checkpointOf = (text: string | null): Checkpoint | null => {
  const seal = text === null ? null : parseSeal(text, sealTypes.checkpoint);
  const checkpoint = seal?.ok === true ? parseCheckpoint(seal.value.claims) : null;
  return checkpoint?.ok === true ? checkpoint.value : null;
};
