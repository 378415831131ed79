import { misused } from '../../command-failed.ts';
import { peekClaims, readJwt } from '../read-jwt.ts';
import { lacking, notHere, type TokenSource } from '../token-source.ts';

/** JWTs of GitLab that are not identity tokens for others: the key to its own API, and what `id_tokens` replaced. */
const ownTokens = /^CI_JOB_(?:TOKEN|JWT(?:_V\d+)?)$/;

/** GitLab CI: the variable under `id_tokens:` that holds a token of this GitLab. */
export const gitlab: TokenSource = {
  name: 'GitLab CI',
  find: async ({ environment }, { platformAudience }) => {
    if (environment['GITLAB_CI'] !== 'true') return notHere('GITLAB_CI is not true');
    const issuer = (environment['CI_SERVER_URL'] ?? '').replace(/\/$/, '');
    const tokens = Object.entries(environment).flatMap(([name, value = '']) => {
      const claims = value.startsWith('eyJ') && !ownTokens.test(name) ? peekClaims(value) : null;
      return claims?.issuer?.replace(/\/$/, '') === issuer ? [{ name, value, claims }] : [];
    });
    if (tokens.length === 0)
      return lacking(
        `no variable holds an identity token: the job needs  id_tokens: { BUREAU_ID_TOKEN: { aud: ${platformAudience ?? '<the server>'} } }`,
      );
    const forUs = tokens.filter(({ claims }) => claims.audience.join() === platformAudience);
    const chosen = tokens.length === 1 ? tokens : forUs;
    const [token] = chosen;
    if (token === undefined || chosen.length > 1)
      throw misused(
        `GitLab put several identity tokens into this job: ${tokens.map(({ name }) => name).join(', ')}`,
        'name one with --token-variable, or call it BUREAU_ID_TOKEN',
      );
    const where = `the variable ${token.name}`;
    return { kind: 'platform-token', where, renews: false, read: async () => readJwt(token.value, where) };
  },
};
