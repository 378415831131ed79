import { failed, refuse, type Verdict } from '../../activity/check.ts';
import { present } from '../../activity/present.ts';
import { fail, ok, type Result } from '../../result.ts';
import { findSpiffeIdProblem, isPathSegment, parseSpiffeId } from '../../spiffe/spiffe-id.ts';
import { fillTemplate, type ValueRule } from '../template/fill.ts';
import {
  parseTemplate,
  type Template,
  type TemplatePart,
  type TemplateProblem,
} from '../template/template.ts';
import type { TemplateData, VariableWorld } from '../template/variable.ts';

/** The subject of the JWT-SVIDs of a provider: a SPIFFE ID, or a template of one. */
export interface SvidSubject {
  readonly template: Template;
  /** The characters between variables of one segment; no value of that segment may have any of them (A79). */
  readonly separators: ReadonlyMap<TemplatePart, readonly string[]>;
  readonly trustDomain: string;
}

/** What a subject is read against. */
export interface SubjectWorld extends VariableWorld {
  /** The only trust domain this tenant may speak for (A81, SV-11); `null`: none was chosen yet. */
  readonly trustDomain: string | null;
}

/** How the subject is written down (contract §5). */
export interface SubjectInput {
  readonly type: 'literal' | 'dynamic';
  readonly value: string;
}

/**
 * Reads a subject at save time. Variables stand in the path alone; every possible value gives a SPIFFE ID with the same
 * number of segments, and two different sets of values never the same one (A75, A79, A81).
 */
export const parseSvidSubject = (
  { type, value }: SubjectInput,
  world: SubjectWorld,
): Result<SvidSubject, TemplateProblem> => {
  const template: Result<Template, TemplateProblem> =
    type === 'literal' ? ok({ parts: [{ literal: value }] }) : parseTemplate(value, world);
  if (!template.ok) return template;
  const { parts } = template.value;

  const misplaced = parts.find((part) => 'variable' in part && part.position < pathStart(value));
  if (misplaced !== undefined && 'variable' in misplaced)
    return fail({
      position: misplaced.position,
      message: 'The scheme and the trust domain are written out: variables stand in the path.',
    });
  const { text: sample, positions } = sampleOf(parts);
  const id = parseSpiffeId(sample);
  if (!id.ok) {
    const problem = findSpiffeIdProblem(sample);
    return fail({ position: positions[problem?.position ?? 0] ?? value.length, message: id.error });
  }
  const { trustDomain, path } = id.value;
  if (path === '')
    return fail({
      position: value.length,
      message: 'The SPIFFE ID of a workload has a path after the trust domain.',
    });
  if (world.trustDomain !== null && trustDomain !== world.trustDomain)
    return fail({
      position: scheme.length,
      message: `The trust domain of this tenant is ${world.trustDomain}; it cannot speak for ${trustDomain}.`,
    });
  const separators = separatorsOf(parts);
  return separators.ok
    ? ok({ template: template.value, separators: separators.value, trustDomain })
    : separators;
};

/** Fills the subject and reads what came out once more: it has to be a SPIFFE ID of the same trust domain (A75, SV-11). */
export const fillSvidSubject = (subject: SvidSubject, data: TemplateData): Verdict<string> => {
  const rule: ValueRule = {
    permits: (value, part) =>
      isPathSegment(value) &&
      !(subject.separators.get(part) ?? []).some((character) => value.includes(character)),
    expected: 'letters, digits, dots, dashes and underscores, without what separates it from its neighbours',
    reason: 'svid_subject_invalid',
  };
  const filled = fillTemplate(subject.template, data, rule, 'svid.subject');
  if (!filled.ok) return filled;
  const id = parseSpiffeId(filled.value);
  return id.ok && id.value.trustDomain === subject.trustDomain
    ? filled
    : refuse('svid_subject_invalid', [
        failed(
          'svid.subject',
          `a SPIFFE ID of ${subject.trustDomain}`,
          present(filled.value),
          id.ok ? undefined : id.error,
        ),
      ]);
};

const scheme = 'spiffe://';

/**
 * The subject with a letter in place of each variable: it can only become a segment or part of one, so any one letter
 * shows whether the whole would be good. With it, for each character the place where it stands in the template.
 */
const sampleOf = (parts: readonly TemplatePart[]): { text: string; positions: readonly number[] } => {
  let text = '';
  let from = 0;
  const positions: number[] = [];
  for (const part of parts) {
    const piece = 'literal' in part ? part.literal : 'x';
    for (let index = 0; index < piece.length; index += 1) positions.push(from + index);
    text += piece;
    from += 'literal' in part ? piece.length : '${}'.length + part.name.length;
  }
  return { text, positions };
};

/** Where the path of a SPIFFE ID begins; the end of the text where there is none. */
const pathStart = (text: string): number => {
  const slash = text.indexOf('/', scheme.length);
  return slash < 0 ? text.length : slash;
};

/** For each variable that shares a segment with another: the characters between them. */
const separatorsOf = (
  parts: readonly TemplatePart[],
): Result<ReadonlyMap<TemplatePart, readonly string[]>, TemplateProblem> => {
  const separators = new Map<TemplatePart, readonly string[]>();
  for (const segment of segmentsOf(parts)) {
    const variables = segment.filter((part) => 'variable' in part);
    if (variables.length < 2) continue;
    const first = segment.indexOf(variables[0] as TemplatePart);
    const last = segment.indexOf(variables.at(-1) as TemplatePart);
    const between = segment.slice(first, last + 1);
    const touching = between.find(
      (part, index) => 'variable' in part && index > 0 && 'variable' in (between[index - 1] as TemplatePart),
    );
    if (touching !== undefined && 'variable' in touching)
      return fail({
        position: touching.position,
        message:
          'Two variables touch, so that two workloads could get one identity. Put a character between them, or a slash.',
      });
    const characters = between.flatMap((part) => ('literal' in part ? part.literal.split('') : []));
    for (const variable of variables) separators.set(variable, characters);
  }
  return ok(separators);
};

/** The parts, cut at every slash. */
const segmentsOf = (parts: readonly TemplatePart[]): readonly (readonly TemplatePart[])[] => {
  const segments: TemplatePart[][] = [[]];
  for (const part of parts) {
    if ('variable' in part) segments.at(-1)?.push(part);
    else
      part.literal.split('/').forEach((literal, index) => {
        if (index > 0) segments.push([]);
        if (literal !== '') segments.at(-1)?.push({ literal });
      });
  }
  return segments;
};
