import { describe, expect, it } from 'vitest';
import { readFormPairs } from '../../../src/core/oauth/form-parameters.ts';
import { showParameters } from '../../../src/core/oauth/show-parameters.ts';
import {
  knownParameters,
  type ParameterName,
  tokenQueryParameters,
} from '../../../src/core/oauth/vocabulary.ts';

const show = (body: string, names: readonly ParameterName[] = knownParameters) =>
  showParameters(readFormPairs(body) ?? [], names);

describe('showParameters', () => {
  it('shows what is read, by its name', () => {
    expect(show('grant_type=client_credentials&scope=a+b&audience=')).toEqual({
      grant_type: 'client_credentials',
      scope: 'a b',
      audience: '',
    });
  });

  it.each(['subject_token', 'actor_token', 'assertion', 'client_assertion', 'client_secret'])(
    'A102 never shows %s',
    (name) => {
      expect(show(`${name}=hunter2`)).toEqual({ [name]: '<secret, 7 characters>' });
      expect(show(`${name}=eyJhbGciOiJub25lIn0.e30.c2ln`)).toEqual({ [name]: '<JWT, 28 characters>' });
      expect(show(`${name}=eyJhbGciOiJkaXIifQ.a.b.c.d`)).toEqual({ [name]: '<JWE, 26 characters>' });
    },
  );

  it('A102 a token in the place of something else is not shown either', () => {
    expect(show('scope=x+eyJhbGciOiJub25lIn0.e30.c2ln')).toEqual({ scope: 'x <JWT, 28 characters>' });
  });

  it('names what is nearly the name of a parameter, and nothing else', () => {
    expect(show('subjectToken=a&SUBJECT-TOKEN=b&password=c&hunter2=d')).toEqual({
      subjectToken: '<not read here>',
      'SUBJECT-TOKEN': '<not read here>',
    });
    expect(show(`${'-'.repeat(100)}scope=a`)).toBeNull();
  });

  it('reads the names of the endpoint it stands at', () => {
    expect(show('token=a&scope=b', tokenQueryParameters)).toEqual({
      token: '<secret, 1 character>',
    });
  });

  it('cuts long values and many repeats, and shows the invisible', () => {
    expect(show(`scope=${'x'.repeat(300)}`)).toEqual({
      scope: `${'x'.repeat(256)}… <cut, 300 characters>`,
    });
    expect(show('scope=a&scope=b&scope=c&scope=d')).toEqual({ scope: ['a', 'b', 'c'] });
    expect(show('scope=a%E2%80%8Bb%0A')).toEqual({ scope: 'a\\u{200B}b\\u{A}' });
  });

  it.each(['', '&&', 'x=y', 'a=b&'.repeat(41)])('has nothing to show of %j', (body) => {
    expect(show(body)).toBeNull();
  });
});
