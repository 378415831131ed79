import { hintSpelling } from './hint-spelling.ts';

/** Parts of an address that are not part of an identifier: where the metadata and the endpoints are. */
const endpoint =
  /\/(?:token|v1\/oauth2\/v2\.0\/[^/]+\/token|v1\/oauth\/token\/serviceaccount|introspect|revoke|api\/v1)$/;

/**
 * What to tell an administrator whose registered audience nearly is the one of a token; `undefined` when nothing explains
 * the difference. Whose audience it may be instead is in the presets.
 */
export const hintAudience = (registered: string, presented: string): string | undefined =>
  hintSpelling(registered, presented) ??
  hintEndpoint(registered, presented) ??
  hintScheme(registered, presented);

const hintEndpoint = (registered: string, presented: string): string | undefined =>
  endpoint.test(presented) && presented.replace(endpoint, '') === registered.replace(/\/$/, '')
    ? 'The token is for the URL of an endpoint. The audience is the identifier alone, without the path of the endpoint.'
    : undefined;

const hintScheme = (registered: string, presented: string): string | undefined => {
  const [wanted, came] = [registered, presented].map((text) => text.replace(/^https?:\/\//, ''));
  return wanted === came && wanted !== ''
    ? 'They differ only in the scheme (http, https or none), which counts.'
    : undefined;
};
