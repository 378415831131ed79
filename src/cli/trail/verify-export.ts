import { createHash, hash } from 'node:crypto';
import type { NumberedHead, OldLines } from '../../core/activity/chain.ts';
import {
  chainsOfExport,
  type ExportSeal,
  parseExportSeal,
  readExportLine,
} from '../../core/activity/check-export.ts';
import { type Checkpoint, parseCheckpoint } from '../../core/activity/checkpoint.ts';
import { createTrailCheck, maxFaults } from '../../core/activity/check-trail.ts';
import { parseSeal, sealTypes } from '../../core/activity/seal.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { type Anchor, type AnchorReport, createAnchors } from './anchors.ts';
import { type Line, splitLines } from './split-lines.ts';
import { verifySeal } from './verify-seal.ts';

/** What the check of a file found. */
export interface ExportReport {
  readonly ok: boolean;
  readonly tenant: string | null;
  /** When it was made, ISO 8601. */
  readonly time: string | null;
  /** Whether lines were left out on purpose, so that missing neighbours say nothing. */
  readonly isFiltered: boolean;
  readonly checked: number;
  /** How many of them are from before there were chains. */
  readonly unlinked: number;
  readonly anchors: Pick<AnchorReport, 'compared' | 'uncompared'>;
  readonly heads: readonly NumberedHead[];
  /** Of the key that signed it. */
  readonly kid: string | null;
  /** Whether that key was compared with known ones. */
  readonly isKeyKnown: boolean;
  /** Sentences, the first twenty and a few about the whole. */
  readonly faults: readonly string[];
}

/** What a file is held against. */
export interface ExportEvidence {
  /** Keys the signature may be of; `null` where nobody gave any: then the file vouches for its own key. */
  readonly keys: readonly unknown[] | null;
  /** Heads that were kept elsewhere. */
  readonly anchors: readonly Anchor[];
}

const hashText = (text: string): string => hash('sha256', text, 'base64url');
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `null` for bytes that are no UTF-8, or a line without its end. */
const textOf = (line: Line): string | null => {
  if (line.at(-1) !== 0x0a) return null;
  try {
    return utf8.decode(line.subarray(0, -1));
  } catch {
    return null;
  }
};

const readWhole = async (chunks: AsyncIterable<Uint8Array>) => {
  const digest = createHash('sha256');
  let last: Line | null = null;
  let count = -1;
  for await (const line of splitLines(chunks)) {
    if (last !== null) digest.update(last);
    last = line;
    count += 1;
  }
  return { last, lines: Math.max(count, 0), digest: digest.digest('base64url') };
};

const readCheckpoint = (text: string, tenant: string): Result<Checkpoint, string> => {
  const seal = parseSeal(text, sealTypes.checkpoint);
  if (!seal.ok) return seal;
  if (!verifySeal(seal.value, seal.value.claims['key'])) return fail('its signature is not good');
  const checkpoint = parseCheckpoint(seal.value.claims);
  if (!checkpoint.ok) return checkpoint;
  if (checkpoint.value.tenant !== tenant) return fail('it is one of another tenant');
  return checkpoint.value.unprovenSince === null
    ? checkpoint
    : fail(`what was dropped before ${checkpoint.value.unprovenSince} is not proven`);
};

const signatureFault = ({ seal }: ExportSeal, { keys }: ExportEvidence): string | null => {
  if (!verifySeal(seal, seal.claims['key'])) return 'The signature in the last line is not good.';
  if (keys === null) return null;
  const known = keys.filter((key) => (key as { readonly kid?: unknown } | null)?.kid === seal.kid);
  return known.some((key) => verifySeal(seal, key))
    ? null
    : `The file is signed with the key ${seal.kid}, which is none of the given ones.`;
};

/**
 * Checks an exported file: every byte by its digest, the digest by the signature, and every line by its place in its chain.
 *
 * @param read gives the bytes of the file from its beginning, each time it is called
 */
export const verifyExport = async (
  read: () => AsyncIterable<Uint8Array>,
  evidence: ExportEvidence,
): Promise<ExportReport> => {
  const whole = await readWhole(read());
  const lastText = whole.last === null ? null : textOf(whole.last);
  const seal: Result<ExportSeal, string> =
    lastText === null
      ? fail('the file does not end with a whole line: it was cut')
      : parseExportSeal(lastText);
  const about = seal.ok ? findFaultsOfWhole(seal.value, whole, evidence) : { faults: [sentence(seal.error)] };
  const { lineFaults, checked, unlinked, anchors } = await checkLines(read(), seal, evidence);
  const faults = [...about.faults, ...lineFaults, ...anchors.faults.map(sentence)];
  return {
    ok: faults.length === 0,
    tenant: seal.ok ? seal.value.tenant : null,
    time: seal.ok ? seal.value.time : null,
    isFiltered: seal.ok && seal.value.isFiltered,
    checked,
    unlinked,
    anchors: { compared: anchors.compared, uncompared: anchors.uncompared },
    heads: seal.ok ? seal.value.heads : [],
    kid: seal.ok ? seal.value.seal.kid : null,
    isKeyKnown: evidence.keys !== null,
    faults,
  };
};

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

const checkpointOf = ({ checkpoint, tenant }: ExportSeal): Result<Checkpoint | null, string> =>
  checkpoint === null ? ok(null) : readCheckpoint(checkpoint, tenant);

const findFaultsOfWhole = (
  seal: ExportSeal,
  { lines, digest }: { readonly lines: number; readonly digest: string },
  evidence: ExportEvidence,
): { readonly faults: readonly string[] } => {
  const signature = signatureFault(seal, evidence);
  const checkpoint = checkpointOf(seal);
  return {
    faults: [
      ...(signature === null ? [] : [signature]),
      ...(checkpoint.ok ? [] : [`The checkpoint in the last line is not good: ${checkpoint.error}.`]),
      ...(lines === seal.lines
        ? []
        : [`The file has ${lines} lines before the last one, and had ${seal.lines}.`]),
      ...(digest === seal.digest ? [] : ['The bytes before the last line are not those that were exported.']),
    ],
  };
};

/** Where they stand in the order of storing, a file does not say. */
const oldLinesOf = (seal: Result<ExportSeal, string>): OldLines | null =>
  seal.ok && seal.value.oldLines !== null
    ? { count: seal.value.oldLines, last: Number.POSITIVE_INFINITY }
    : null;

const checkLines = async (
  chunks: AsyncIterable<Uint8Array>,
  seal: Result<ExportSeal, string>,
  evidence: ExportEvidence,
) => {
  const checkpoint = seal.ok ? checkpointOf(seal.value) : ok(null);
  const known = checkpoint.ok ? checkpoint.value : null;
  const anchors = createAnchors(evidence.anchors);
  let tenant = seal.ok ? seal.value.tenant : null;
  let check: ReturnType<typeof createTrailCheck> | null = null;
  const notLines: string[] = [];
  let number = 0;
  let ahead: Line | null = null;
  const take = (line: Line): void => {
    number += 1;
    const text = textOf(line);
    const placed = text === null ? null : readExportLine(text);
    if (placed === null) {
      if (notLines.length < maxFaults)
        notLines.push(`Line ${number} of the file is not written as it was exported.`);
      return;
    }
    const of = placed.members['tenant'];
    tenant ??= typeof of === 'string' ? of : '';
    check ??= createTrailCheck({
      tenant,
      chains: seal.ok ? chainsOfExport(seal.value, known, hashText) : [],
      oldLines: oldLinesOf(seal),
      hash: hashText,
      filtered: !seal.ok || seal.value.isFiltered,
    });
    check.take(placed);
    if (placed.link !== null) anchors.take(tenant, placed.link);
  };
  // The last line is none of the trail, unless the file was cut: then it is none that can be read as a whole.
  for await (const line of splitLines(chunks)) {
    if (ahead !== null) take(ahead);
    ahead = line;
  }
  if (ahead !== null && !seal.ok) take(ahead);
  check ??= createTrailCheck({
    tenant: tenant ?? '',
    chains: seal.ok ? chainsOfExport(seal.value, known, hashText) : [],
    oldLines: oldLinesOf(seal),
    hash: hashText,
    filtered: !seal.ok || seal.value.isFiltered,
  });
  const { faults, count, checked, unlinked } = check.end();
  const more = count > faults.length ? [`There are ${count - faults.length} more faults.`] : [];
  return {
    lineFaults: [...notLines, ...faults.map((fault) => fault.sentence), ...more],
    checked,
    unlinked,
    anchors: anchors.conclude(tenant, known),
  };
};
