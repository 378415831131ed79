import { type JsonObject, type JsonValue, member } from '../../json.ts';
import { fail, ok, type Result } from '../../result.ts';

/** What variables are filled with: verified, all of it. */
export interface TemplateData {
  /** The claims of the third-party token; `null` where the account came with a key of its own. */
  readonly claims: JsonObject | null;
  readonly account: { readonly id: string; readonly name: string; readonly team: string };
  /** Of the process, only the names the operator listed; `undefined` where one is not set. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What may be named. */
export interface VariableWorld {
  /** The environment variables the operator lets templates see. */
  readonly environmentNames: ReadonlySet<string>;
}

/** Takes the value out of the data; `undefined` where there is none. */
export type Variable = (data: TemplateData) => JsonValue | undefined;

const payload = 'oidc.identityToken.decode.payload.';
const environment = 'os.environment.';

/** Parts between dots in the name of one claim: a host name and members below it fit. */
const maxPathParts = 16;

/** Members of every object in many languages; as names of claims nothing but an attack (A77). */
const inherited = new Set(['__proto__', 'constructor', 'prototype']);

/** Short names for what the tokens of common platforms say in different places (contract §5). */
const shortNames: Readonly<Record<string, Variable>> = {
  namespace: ({ claims }) => kubernetes(claims, ['namespace'], 2) ?? claimAt(claims, ['namespace']),
  serviceaccount: ({ claims }) =>
    kubernetes(claims, ['serviceaccount', 'name'], 3) ?? claimAt(claims, ['serviceaccount']),
  'aws.account': ({ claims }) =>
    claimAt(claims, ['https://sts.amazonaws.com/', 'aws_account']) ?? arnPart(claims, (arn) => arn[4]),
  'aws.role': ({ claims }) =>
    arnPart(claims, (arn) => (arn[5]?.startsWith('role/') ? arn[5].split('/').at(-1) : undefined)),
  environment: ({ claims }) => claimAt(claims, ['environment']),
  region: ({ claims }) =>
    claimAt(claims, ['region']) ?? claimAt(claims, ['https://sts.amazonaws.com/', 'source_region']),
  cluster: ({ claims }) => claimAt(claims, ['cluster']) ?? claimAt(claims, ['cluster_name']),
  'account.id': ({ account }) => account.id,
  'account.name': ({ account }) => account.name,
  'account.team': ({ account }) => account.team,
};

/** The variable of this name, or a sentence why there is none (A77). */
export const parseVariable = (
  name: string,
  { environmentNames }: VariableWorld,
): Result<Variable, string> => {
  const short = Object.hasOwn(shortNames, name) ? shortNames[name] : undefined;
  if (short !== undefined) return ok(short);
  if (name.startsWith(environment)) {
    const wanted = name.slice(environment.length);
    return environmentNames.has(wanted)
      ? ok((data) => (Object.hasOwn(data.environment, wanted) ? data.environment[wanted] : undefined))
      : fail(
          `The operator does not let templates see the environment variable ${JSON.stringify(wanted)}. It would have to be listed in BUREAU_TEMPLATE_ENV.`,
        );
  }
  if (name.startsWith(payload)) {
    const path = name.slice(payload.length).split('.');
    const good =
      path.length <= maxPathParts &&
      path.every((part) => /^[A-Za-z0-9_@:/-]+$/.test(part) && !inherited.has(part));
    return good
      ? ok(({ claims }) => claimAlong(claims, path))
      : fail(
          `After payload. stands the name of a claim, and members of it after further dots, at most ${maxPathParts} parts; ${JSON.stringify(name)} has something else.`,
        );
  }
  return fail(
    `There is no variable ${JSON.stringify(name)}. There are ${payload}<claim>, ${environment}<NAME>, ${Object.keys(shortNames).join(', ')}.`,
  );
};

/** The own members `names`, one in the other. */
const claimAt = (claims: JsonValue | null | undefined, names: readonly string[]): JsonValue | undefined => {
  let value: JsonValue | undefined = claims ?? undefined;
  for (const name of names) {
    if (!isObject(value)) return undefined;
    value = member(value, name);
  }
  return value;
};

/** As {@link claimAt}, for a path in which a name may itself have dots, as `kubernetes.io` has; the longest name wins. */
const claimAlong = (value: JsonValue | null | undefined, path: readonly string[]): JsonValue | undefined => {
  if (path.length === 0) return value ?? undefined;
  if (!isObject(value)) return undefined;
  for (let length = path.length; length > 0; length -= 1) {
    const found = member(value, path.slice(0, length).join('.'));
    if (found !== undefined) return claimAlong(found, path.slice(length));
  }
  return undefined;
};

/** From the object Kubernetes puts into its tokens, else from `sub`, `system:serviceaccount:<namespace>:<name>`. */
const kubernetes = (
  claims: JsonObject | null,
  names: readonly string[],
  index: number,
): JsonValue | undefined => {
  const said = claimAt(claims, ['kubernetes.io', ...names]);
  if (said !== undefined) return said;
  const subject = subjectOf(claims).split(':');
  return subject.length === 4 && subject[0] === 'system' && subject[1] === 'serviceaccount'
    ? subject[index]
    : undefined;
};

/** From `sub`, where it is `arn:aws:iam::<account>:role/<path><name>`. */
const arnPart = (
  claims: JsonObject | null,
  part: (arn: readonly string[]) => string | undefined,
): string | undefined => {
  const arn = subjectOf(claims).split(':');
  return arn.length === 6 && arn[0] === 'arn' && arn[2] === 'iam' ? part(arn) : undefined;
};

const subjectOf = (claims: JsonObject | null): string => {
  const subject = claimAt(claims, ['sub']);
  return typeof subject === 'string' ? subject : '';
};

const isObject = (value: JsonValue | undefined | null): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
