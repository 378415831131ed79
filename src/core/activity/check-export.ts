import { type JsonObject, member } from '../json.ts';
import { parseJsonObject } from '../json-text.ts';
import { fail, ok, type Result } from '../result.ts';
import { type Chain, type HashText, type Link, type NumberedHead, startOfChain } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { PlacedLine } from './check-trail.ts';
import { parseSeal, type Seal, sealTypes } from './seal.ts';

/** The last line of an export: what it says of the lines before it, and the signature over that. */
export interface ExportSeal {
  readonly seal: Seal;
  readonly tenant: string;
  /** ISO 8601. */
  readonly time: string;
  /** Whether lines were left out because they did not fit a filter. */
  readonly isFiltered: boolean;
  readonly lines: number;
  /** Base64url SHA-256 of every byte before this line. */
  readonly digest: string;
  readonly heads: readonly NumberedHead[];
  /** How many lines from before there were chains there had to be; `null` where it does not say. */
  readonly oldLines: number | null;
  /** Compact JWS. */
  readonly checkpoint: string | null;
}

/** Far beyond what an activity holds. */
const limits = { maxDepth: 200, maxMembers: 1_000_000 };

const isHead = (value: unknown): value is NumberedHead => {
  const { writer, ordinal, number, hash } = (value ?? {}) as Partial<NumberedHead>;
  return (
    typeof writer === 'string' &&
    typeof ordinal === 'number' &&
    typeof number === 'number' &&
    typeof hash === 'string'
  );
};

/**
 * Reads the last line of an export, without its line end. Every byte of it counts: what stands beside the signature has to
 * be what is signed, written as it is written there. The signature itself is not verified.
 */
export const parseExportSeal = (text: string): Result<ExportSeal, string> => {
  const parsed = parseJsonObject(text, limits);
  if (!parsed.ok || member(parsed.value, 'type') !== 'export')
    return fail('the last line is not that of an export: the file was cut, or is none');
  const signature = member(parsed.value, 'signature');
  const seal = parseSeal(typeof signature === 'string' ? signature : '', sealTypes.export);
  if (!seal.ok) return fail(`the signature in the last line cannot be read: ${seal.error}`);
  const { claims } = seal.value;
  if (JSON.stringify({ ...claims, signature }) !== text)
    return fail('the last line says something else than what was signed');
  const { tenant, time, filter, lines, digest, heads, oldLines = null, checkpoint = null } = claims;
  return typeof tenant === 'string' &&
    typeof time === 'string' &&
    typeof filter === 'object' &&
    typeof lines === 'number' &&
    typeof digest === 'string' &&
    Array.isArray(heads) &&
    heads.every(isHead) &&
    (oldLines === null || typeof oldLines === 'number') &&
    (checkpoint === null || typeof checkpoint === 'string')
    ? ok({
        seal: seal.value,
        tenant,
        time,
        isFiltered: Object.keys(filter ?? {}).length > 0,
        lines,
        digest,
        heads,
        oldLines,
        checkpoint,
      })
    : fail('the last line does not say what that of an export says');
};

/** The chains of an export, from what its last line and the checkpoint say. */
export const chainsOfExport = (
  { tenant, heads }: ExportSeal,
  checkpoint: Checkpoint | null,
  hash: HashText,
): readonly Chain[] =>
  heads.map(({ writer, ordinal, number, hash: last }) => {
    const dropped = checkpoint?.chains.find((chain) => chain.writer === writer);
    return {
      writer,
      ordinal,
      head: { number, hash: last },
      dropped:
        dropped === undefined
          ? startOfChain(tenant, writer, ordinal, hash)
          : { number: dropped.number, hash: dropped.hash },
    };
  });

const readLink = (line: JsonObject): Link | null => {
  const { writer, number, previous, hash } = (member(line, 'chain') ?? {}) as Partial<Link>;
  return typeof writer === 'string' &&
    typeof number === 'number' &&
    typeof previous === 'string' &&
    typeof hash === 'string'
    ? { writer, number, previous, hash }
    : null;
};

/** Reads one line of an export, without its line end; `null` for one that is no JSON, or not written as it was exported. */
export const readExportLine = (text: string): PlacedLine | null => {
  const parsed = parseJsonObject(text, limits);
  if (!parsed.ok || JSON.stringify(parsed.value) !== text) return null;
  return { members: parsed.value, link: readLink(parsed.value) };
};
