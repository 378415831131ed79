import { misused } from '../../command-failed.ts';
import { readJwt } from '../read-jwt.ts';
import { notHere, type TokenSource } from '../token-source.ts';

const usualName = 'BUREAU_ID_TOKEN';

/** A variable that the pipeline put the platform's token into: GitLab's `id_tokens`, Bitbucket, HCP Terraform. */
export const tokenVariable: TokenSource = {
  name: 'token variable',
  find: async ({ environment }, { named }) => {
    const name = named.tokenVariable ?? ((environment[usualName] ?? '') === '' ? null : usualName);
    if (name === null) return notHere(`no --token-variable, and ${usualName} is not set`);
    return {
      kind: 'platform-token',
      where: `the variable ${name}`,
      renews: false,
      read: async () => {
        const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
        if (value === undefined) throw misused(`the variable ${name} is not set`);
        return readJwt(value, `the variable ${name}`);
      },
    };
  },
};
