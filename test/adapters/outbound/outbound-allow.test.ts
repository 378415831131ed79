import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../src/adapters/outbound/address-kind.ts';
import { parseOutboundAllow, refuseAddress } from '../../../src/adapters/outbound/outbound-allow.ts';
import { nothingAllowed } from '../../support/nothing-allowed.ts';

const allowed = (text: string) => {
  const parsed = parseOutboundAllow(text);
  if (!parsed.ok) throw new Error(parsed.error.join('; '));
  return parsed.value;
};

const refusal = (allow: string, address: string, host = address, port = 443): string | null => {
  const parsed = parseAddress(address);
  if (parsed === null) throw new Error(`${address} is no address`);
  return refuseAddress(allow === '' ? nothingAllowed : allowed(allow), parsed, host, port);
};

describe('BUREAU_OUTBOUND_ALLOW', () => {
  it.each([
    ['', 0, 0],
    ['idp.internal:8443', 1, 0],
    ['10.0.0.5:6443, [fd00::5]:443 ,IDP.internal:443', 3, 0],
    ['10.0.0.0/8,fd00::/8,127.0.0.1/32', 0, 3],
  ])('reads %j', (text, endpoints, networks) => {
    const allow = allowed(text);
    expect([allow.endpoints.size, allow.networks.length]).toEqual([endpoints, networks]);
  });

  it('reads a list that was split already', () => {
    const parsed = parseOutboundAllow(['10.0.0.5:6443', '10.0.0.0/8']);
    expect(parsed.ok).toBe(true);
  });

  it.each([
    '10.0.0.5',
    'idp.internal',
    'idp.internal:0',
    'idp.internal:65536',
    'https://idp.internal:443',
    'idp.internal:443/path',
    '10.0.0.0/33',
    '10.0.0/8',
    '0x7f000001:80',
    '127.1:80',
    'fd00::5:443',
    'fd00::/129',
    '[10.0.0.1]:443',
    '*.internal:443',
    'idp internal:443',
  ])('refuses %j and says what is wanted', (entry) => {
    const parsed = parseOutboundAllow(`10.0.0.0/8,${entry}`);
    expect(parsed).toEqual({ ok: false, error: [expect.stringContaining(`"${entry}"`)] });
  });

  it('tells every bad entry at once', () => {
    const parsed = parseOutboundAllow('a,b,10.0.0.0/8');
    expect(parsed.ok ? 0 : parsed.error.length).toBe(2);
  });
});

describe('the address that is connected to', () => {
  it.each([
    ['', '1.1.1.1', '1.1.1.1'],
    ['', '2606:4700::1111', 'idp.example'],
    ['127.0.0.0/8', '127.0.0.1', '127.0.0.1'],
    ['127.0.0.1:443', '127.0.0.1', '127.0.0.1'],
    ['[::1]:443', '::1', '::1'],
    ['idp.internal:443', '10.1.2.3', 'idp.internal'],
    ['idp.internal:443', '100.64.0.7', 'IDP.internal'],
    ['10.0.0.0/8', '10.1.2.3', 'idp.example'],
    ['169.254.169.254:443', '169.254.169.254', '169.254.169.254'],
    ['localhost:443', '127.0.0.1', 'localhost'],
  ])('with %j, %s may be reached for %s', (allow, address, host) => {
    expect(refusal(allow, address, host)).toBeNull();
  });

  it.each([
    ['', '127.0.0.1', 'idp.example'],
    ['', '10.1.2.3', 'idp.example'],
    ['idp.internal:443', '10.1.2.3', 'other.internal'],
    ['idp.internal:8443', '10.1.2.3', 'idp.internal'],
    ['10.0.0.0/8', '192.168.0.1', 'idp.example'],
    // A name, whoever answers for it, never reaches the metadata service or a form that hides an address.
    ['idp.internal:443', '169.254.169.254', 'idp.internal'],
    ['idp.internal:443', 'fd00:ec2::254', 'idp.internal'],
    ['idp.internal:443', '100.100.100.200', 'idp.internal'],
    ['idp.internal:443', '::ffff:10.1.2.3', 'idp.internal'],
    ['10.0.0.0/8', '::ffff:10.1.2.3', 'idp.internal'],
    ['idp.internal:443', '224.0.0.1', 'idp.internal'],
    ['idp.internal:443', '0.0.0.0', 'idp.internal'],
    ['localhost:443', '10.0.0.1', 'localhost'],
    ['localhost:443,10.0.0.0/8', '10.0.0.1', 'localhost'],
    ['', '1.1.1.1', 'evil.localhost'],
  ])('with %j, %s may not be reached for %s', (allow, address, host) => {
    expect(refusal(allow, address, host)).not.toBeNull();
  });
});
