import { privateMemberOf } from '../../core/jwt/jwk.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { CommandContext } from '../command-context.ts';
import { misused } from '../command-failed.ts';
import { parseObject } from '../token/token-answer.ts';

type Reader = Pick<CommandContext, 'readText'>;

/**
 * The text of a file, or of stdin for `-`.
 *
 * @throws CommandFailed misused where there is none
 */
export const readInput = async (context: Reader, path: string): Promise<string> => {
  const text = await context.readText(path);
  if (text === null) throw misused(`there is no file ${path}`);
  return text;
};

/**
 * The JSON or YAML of a file; which members are good is for the server to say.
 *
 * @throws CommandFailed misused, naming the line and never showing it
 */
export const readBody = async (context: Reader, path: string): Promise<Readonly<Record<string, unknown>>> => {
  const text = await readInput(context, path);
  const body = parseObject(text) ?? (await parseYaml(text, path));
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw misused(`${path} has to hold one object, as JSON or YAML`);
  return body as Readonly<Record<string, unknown>>;
};

const parseYaml = async (text: string, path: string): Promise<unknown> => {
  const { LineCounter, parseAllDocuments } = await import('yaml');
  const lineCounter = new LineCounter();
  const documents = [...parseAllDocuments(text, { lineCounter, prettyErrors: false, logLevel: 'silent' })];
  const [document, second] = documents;
  if (second !== undefined) throw misused(`${path} holds more than one document`);
  const problem = document?.errors[0] ?? document?.warnings[0];
  if (problem !== undefined)
    throw misused(
      `${path} is neither JSON nor YAML: line ${lineCounter.linePos(problem.pos[0]).line} (${problem.code})`,
    );
  try {
    return document?.toJS({ maxAliasCount: 10 });
  } catch {
    throw misused(`${path} is neither JSON nor YAML: an alias without its anchor, or too many of them`);
  }
};

/**
 * A public key as the API takes it: PEM text or a JWK, also the only one of a JWK Set. A private key stays here.
 *
 * @throws CommandFailed misused for a private key, or where there is no key
 */
export const readPublicKey = async (context: Reader, path: string): Promise<string | JsonObject> => {
  const text = await readInput(context, path);
  if (/PRIVATE KEY/i.test(text)) throw privateKeyIn(path);
  const object = parseObject(text) as JsonObject | null;
  if (object === null) {
    if (!text.includes('-----BEGIN ')) throw misused(`${path} holds neither PEM nor a JWK`);
    return text;
  }
  const { keys } = object;
  const jwks = Array.isArray(keys) ? keys.filter(isObject) : [object];
  if (jwks.some((jwk) => privateMemberOf(jwk) !== null)) throw privateKeyIn(path);
  const [jwk, ...others] = jwks;
  if (jwk === undefined || others.length > 0)
    throw misused(`${path} holds ${jwks.length} keys, and one is needed`);
  return jwk;
};

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const privateKeyIn = (path: string): Error =>
  misused(
    `${path} holds a private key, which stays where it is: give the public half`,
    `  openssl pkey -in ${path} -pubout`,
  );
