import type { CommandContext } from '../command-context.ts';
import { misused } from '../command-failed.ts';
import { tokenSources } from './sources/index.ts';
import { type Finding, notHere, type SourceRequest, type TokenSource } from './token-source.ts';

/** A source and what it found. */
export interface ChosenSource {
  readonly name: string;
  readonly finding: Exclude<Finding, { kind: 'absent' }>;
}

/**
 * The first source that has something.
 *
 * @param missingServer what to say beside the sources where no server is named either; `null` otherwise
 * @throws CommandFailed (misused) with what each source lacks, those whose place this is first
 */
export const chooseSource = async (
  context: CommandContext,
  request: SourceRequest,
  missingServer: string | null,
  sources: readonly TokenSource[] = tokenSources,
): Promise<ChosenSource> => {
  const lacks: { readonly name: string; readonly lack: string; readonly isHere: boolean }[] = [];
  for (const { name, find, isLastResort = false } of sources) {
    // A CI job that merely lacks a permission should say so, not be refused for a token that nobody meant.
    const isSpared = isLastResort && lacks.some(({ isHere }) => isHere);
    const finding = isSpared ? notHere('not taken in a CI job') : await find(context, request);
    if (finding.kind !== 'absent') return { name, finding };
    lacks.push({ name, lack: finding.lack, isHere: finding.isHere });
  }
  const inOrder = [...lacks.filter(({ isHere }) => isHere), ...lacks.filter(({ isHere }) => !isHere)];
  throw misused(
    'nothing here says who this workload is; looked for:',
    ...inOrder.map(({ name, lack, isHere }) => `${isHere ? '* ' : '  '}${name}: ${lack}`),
    ...(missingServer === null ? [] : [missingServer]),
  );
};
