import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { compileIssuerPreset, type IssuerPreset, type IssuerPresetDefinition } from '../core/trust/preset.ts';

const list = z.union([z.string().min(1), z.array(z.string().min(1))]).transform((value) => [value].flat());
const sentence = z.string().regex(/^[A-Z].*\.$/, 'must be a sentence');

/** The shape of `config/issuers/<name>.yaml`; the name of a preset is the name of its file. */
export const issuerPresetSchema = z.strictObject({
  title: z.string().min(1),
  match: list.pipe(z.array(z.string()).min(1)),
  shared: z.boolean(),
  jwksUri: z
    .url({ protocol: /^https$/ })
    .nullable()
    .default(null),
  patterns: z.strictObject({ allowed: z.boolean(), minimumLiteralSegments: z.int().min(1).max(10) }),
  subjectStarts: z.array(z.string().min(1)).default([]),
  ownerClaims: z.array(z.string().min(1)).default([]),
  recommendedConditions: z.array(z.strictObject({ claim: z.string().min(1), why: sentence })).default([]),
  recycledNames: z
    .array(
      z.strictObject({
        subjectStart: z.string().min(1),
        idMark: z.string().min(1).nullable().default(null),
        idClaims: z.array(z.string().min(1)).min(1),
        why: sentence,
      }),
    )
    .default([]),
  patternReach: z
    .array(
      z.strictObject({
        subjectStart: z.string().default(''),
        literalSegments: z.int().min(1).max(20),
        covers: sentence,
        narrowedBy: z.array(z.string().min(1)).default([]),
      }),
    )
    .default([]),
  subjectVariesAfter: z.int().min(1).max(20).nullable().default(null),
  audienceAdvice: sentence.includes('AUDIENCE').nullable().default(null),
  longestLifetimeSeconds: z.int().min(1).nullable().default(null),
  lifetimeAdvice: sentence.nullable().default(null),
  recognisedBy: z
    .strictObject({
      claims: z.array(z.string().min(1)).default([]),
      subjectStart: z.string().min(1).nullable().default(null),
    })
    .refine(({ claims, subjectStart }) => claims.length > 0 || subjectStart !== null, 'must say something')
    .nullable()
    .default(null),
  refusals: z
    .array(
      z
        .strictObject({
          checks: list.pipe(z.array(z.string()).min(1)),
          presented: list.default([]),
          expected: list.default([]),
          unlessExpected: list.default([]),
          atLeast: z.number().positive().nullable().default(null),
          anywhere: z.boolean().default(false),
          says: sentence.nullable().default(null),
          change: sentence.nullable().default(null),
        })
        .refine(({ says, change }) => says !== null || change !== null, 'must say something')
        .refine(
          ({ anywhere, presented, expected }) => !anywhere || presented.length + expected.length > 0,
          'must say what gives the platform away',
        ),
    )
    .default([]),
  advice: z.array(sentence).min(1),
  audiencesOfOthers: z.array(z.string().min(1)).default([]),
});

/**
 * Reads every preset of a folder, in the order of their names; exact issuers come before globs, so that the closest one
 * is found first.
 *
 * @throws an error that names the file, when one cannot be read or is none; nobody must administer with half the rules
 */
export const loadIssuerPresets = async (directory: string): Promise<readonly IssuerPreset[]> => {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.yaml')).sort();
  const presets: IssuerPreset[] = [];
  // One after the other: each takes milliseconds of a server that is at work, and others have their turn in between.
  for (const file of files) presets.push(await loadIssuerPreset(join(directory, file)));
  return presets.sort((a, b) => Number(hasGlob(a)) - Number(hasGlob(b)));
};

const loadIssuerPreset = async (file: string): Promise<IssuerPreset> => {
  const parsed = issuerPresetSchema.safeParse(parseYaml(file, await readFile(file, 'utf8')));
  if (!parsed.success)
    throw new Error(`The issuer preset ${file} is not valid:\n${z.prettifyError(parsed.error)}`);
  const definition: IssuerPresetDefinition = { name: basename(file, '.yaml'), ...parsed.data };
  const compiled = compileIssuerPreset(definition);
  if (!compiled.ok) throw new Error(`The issuer preset ${file} is not valid: ${compiled.error}`);
  return compiled.value;
};

const parseYaml = (file: string, text: string): unknown => {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw new Error(`The issuer preset ${file} is not YAML.`, { cause: error });
  }
};

const hasGlob = (preset: IssuerPreset): boolean => preset.match.some((issuer) => issuer.includes('*'));
