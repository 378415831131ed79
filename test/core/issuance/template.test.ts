import { describe, expect, it } from 'vitest';
import { fillTyped } from '../../../src/core/issuance/template/fill.ts';
import { parseTemplate } from '../../../src/core/issuance/template/template.ts';
import type { TemplateData } from '../../../src/core/issuance/template/variable.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { expectGranted, expectRefused } from '../../support/verdicts.ts';

const world = { environmentNames: new Set(['CLUSTER_NAME', 'UNSET']) };
const payload = (path: string): string => `\${oidc.identityToken.decode.payload.${path}}`;
const data = (claims: JsonObject | null): TemplateData => ({
  claims,
  account: { id: 'account-1', name: 'deploy', team: 'payments' },
  environment: { CLUSTER_NAME: 'prod-eu-1', HOME: '/root' },
});
const parse = (text: string) => {
  const parsed = parseTemplate(text, world);
  if (!parsed.ok) throw new Error(`at ${parsed.error.position}: ${parsed.error.message}`);
  return parsed.value;
};
const fill = (text: string, claims: JsonObject | null = {}) =>
  fillTyped(parse(text), data(claims), 'svid.claims.x');

describe('parseTemplate', () => {
  it.each([
    ['no variable', 'plain'],
    ['a dollar that is itself', '$5 $$ $} }'],
    ['a variable after a dollar', `$${payload('sub')}`],
    ['a name with dots and dashes', payload('kubernetes.io.serviceaccount.name')],
    ['a name that is an address', payload('https://sts.amazonaws.com/.aws_account')],
    ['names of other programs that are ordinary claims here', payload('toString')],
  ])('takes %s', (_title, text) => {
    expect(parseTemplate(text, world)).toMatchObject({ ok: true });
  });

  it.each([
    ['${__proto__}', 0],
    ['${constructor.constructor}', 0],
    ['${toString}', 0],
    ['${process.env.X}', 0],
    ["a${a['b']}", 1],
    ['ab${a[0]}', 2],
    ['abc${', 3],
    ['abc${sub', 3],
    ['${}', 0],
    ['${a${b}}', 0],
    ['${sub}', 0],
    ['${ namespace }', 0],
    ['${NAMESPACE}', 0],
    ['${account}', 0],
    ['${account.name.length}', 0],
    ['${account.__proto__}', 0],
    [payload('__proto__'), 0],
    [payload('a.constructor'), 0],
    [payload('prototype.x'), 0],
    [payload(''), 0],
    [payload('a..b'), 0],
    [payload("a['b']"), 0],
    [payload('a[0]'), 0],
    [payload('a b'), 0],
    [payload(Array.from({ length: 17 }, () => 'a').join('.')), 0],
    ['${os.environment.HOME}', 0],
    ['${os.environment.}', 0],
    ['${env.HOME}', 0],
  ])('A77 refuses %s, with the place and what to do', (text, position) => {
    const parsed = parseTemplate(text, world);
    expect(parsed).toMatchObject({ ok: false, error: { position } });
    expect(parsed.ok ? '' : parsed.error.message).toMatch(/^.{20,}\.$/s);
  });

  it('A77 names the variables there are where one is unknown, and BUREAU_TEMPLATE_ENV for the environment', () => {
    expect(parseTemplate('${nope}', world)).toMatchObject({
      error: { message: expect.stringMatching(/namespace, serviceaccount, aws\.account/) },
    });
    expect(parseTemplate('${os.environment.HOME}', world)).toMatchObject({
      error: { message: expect.stringContaining('BUREAU_TEMPLATE_ENV') },
    });
  });

  it('A78 a template that is too long, or with too many variables, is refused', () => {
    expect(parseTemplate('a'.repeat(2048), world).ok).toBe(true);
    expect(parseTemplate('a'.repeat(2049), world)).toMatchObject({ ok: false, error: { position: 2048 } });
    expect(parseTemplate('${region}'.repeat(32), world).ok).toBe(true);
    expect(parseTemplate('${region}'.repeat(33), world)).toMatchObject({ ok: false });
  });
});

describe('filling', () => {
  it.each([
    '${sub}',
    '$${sub}',
    '${env.HOME}',
    '${os.environment.CLUSTER_NAME}',
    '${account.id}',
    '{{7*7}}',
    '<%= 1 %>',
    '\\u0024{sub}',
    '$(id)',
    '`id`',
    '%{x}',
    '#{1}',
  ])('A74 a value %s is text and nothing else', (value) => {
    expect(expectGranted(fill(payload('x'), { x: value }))).toBe(value);
    expect(expectGranted(fill(`<${payload('x')}>`, { x: value }))).toBe(`<${value}>`);
    expect(expectGranted(fill(`${payload('x')}|${payload('y')}`, { x: value, y: value }))).toBe(
      `${value}|${value}`,
    );
  });

  it.each<[string, JsonObject | null]>([
    ['that is absent', {}],
    ['that is null', { x: null }],
    ['that is empty', { x: '' }],
    ['where there are no claims', null],
  ])('A77 refuses a value %s', (_title, claims) => {
    expectRefused(fill(payload('x'), claims), 'svid_value_missing', 'svid.claims.x');
  });

  it.each(['toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', 'x.length', 'x.toString'])(
    'A77 %s is what the token says of itself, never what a program inherits',
    (name) => {
      expectRefused(fill(payload(name), { x: 'text' }), 'svid_value_missing', 'svid.claims.x');
      expect(expectGranted(fill(payload('toString'), { toString: 'own' }))).toBe('own');
    },
  );

  it.each<[JsonObject[string]]>([[1], [1.5], [true], [false], [['a', 1]], [{ a: { b: null } }], ['text']])(
    'A78 a variable alone keeps the type of %j',
    (value) => {
      expect(expectGranted(fill(payload('x'), { x: value }))).toEqual(value);
    },
  );
  it.each<[JsonObject[string]]>([[1], [true], [['a']], [{ a: 1 }], ['']])(
    'A78 within a text %j is refused, never made to fit',
    (value) => {
      expectRefused(fill(`v-${payload('x')}`, { x: value }), 'svid_claim_invalid', 'svid.claims.x');
    },
  );

  it.each<[string]>([
    ['9007199254740992'],
    ['12345678901234567890'],
    ['-9007199254740993'],
    ['1e21'],
    ['1e400'],
    ['-1e400'],
    ['[1,[1e400]]'],
    ['{"a":{"b":12345678901234567890}}'],
  ])('RFC 7493 §2.2 A78 %s in the token would leave as another number, and is refused', (text) => {
    const claims = JSON.parse(`{"x":${text}}`) as JsonObject;
    const refused = expectRefused(fill(payload('x'), claims), 'svid_claim_invalid', 'svid.claims.x');
    expect(refused.hint).toContain('Let the platform send it as a string');
  });
  it.each([
    '9007199254740991',
    '-9007199254740991',
    '0.1',
    '1e-400',
    '1.5e3',
    '"12345678901234567890"',
    '[1]',
    '{"a":0}',
  ])('RFC 7493 §2.2 %s leaves as it is', (text) => {
    const claims = JSON.parse(`{"x":${text}}`) as JsonObject;
    expect(expectGranted(fill(payload('x'), claims))).toEqual(claims['x']);
  });

  it('takes the longest name, so that names with dots are found', () => {
    const claims = {
      'kubernetes.io': { serviceaccount: { name: 'api' } },
      a: { b: 'nested' },
      'a.b': 'flat',
    };
    expect(expectGranted(fill(payload('kubernetes.io.serviceaccount.name'), claims))).toBe('api');
    expect(expectGranted(fill(payload('a.b'), claims))).toBe('flat');
  });
});

describe('variables of contract §5', () => {
  const kubernetes = { 'kubernetes.io': { namespace: 'prod', serviceaccount: { name: 'api', uid: 'u' } } };
  const aws = { 'https://sts.amazonaws.com/': { aws_account: '123456789012', source_region: 'eu-west-1' } };
  const role = { sub: 'arn:aws:iam::123456789012:role/team/deployer' };
  it.each<[string, JsonObject | null, unknown]>([
    ['namespace', kubernetes, 'prod'],
    ['namespace', { sub: 'system:serviceaccount:ns:name' }, 'ns'],
    ['namespace', { namespace: 'acme' }, 'acme'],
    ['serviceaccount', kubernetes, 'api'],
    ['serviceaccount', { sub: 'system:serviceaccount:ns:name' }, 'name'],
    ['aws.account', aws, '123456789012'],
    ['aws.account', role, '123456789012'],
    ['aws.role', role, 'deployer'],
    ['environment', { environment: 'production' }, 'production'],
    ['region', aws, 'eu-west-1'],
    ['region', { region: 'westeurope' }, 'westeurope'],
    ['cluster', { cluster_name: 'c1' }, 'c1'],
    ['account.name', null, 'deploy'],
    ['account.team', null, 'payments'],
    ['account.id', null, 'account-1'],
    ['os.environment.CLUSTER_NAME', null, 'prod-eu-1'],
  ])('%s', (name, claims, expected) => {
    expect(expectGranted(fill(`\${${name}}`, claims))).toBe(expected);
  });
  it.each<[string, JsonObject | null]>([
    ['namespace', { sub: 'system:serviceaccount:ns' }],
    ['namespace', { sub: 'system:serviceaccount:ns:name:more' }],
    ['namespace', { sub: 'other:serviceaccount:ns:name' }],
    ['serviceaccount', null],
    ['aws.account', { sub: 'arn:aws:s3::123:role/x' }],
    ['aws.role', { sub: 'arn:aws:iam::123456789012:user/x' }],
    ['environment', {}],
    ['os.environment.UNSET', {}],
  ])('%s has no value in %j', (name, claims) => {
    expectRefused(fill(`\${${name}}`, claims), 'svid_value_missing', 'svid.claims.x');
  });
});
