import { describe, expect, it } from 'vitest';
import { describeAddress, parseAddress } from '../../../src/adapters/outbound/address-kind.ts';

const reach = (text: string): string => {
  const address = parseAddress(text);
  return address === null ? 'no address' : describeAddress(address).reach;
};

describe('what an address is (JF-11, A46)', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '172.15.0.1',
    '172.32.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '2606:4700::1111',
    '2a00:1450:4001::1',
  ])('%s is public', (text) => expect(reach(text)).toBe('public'));

  it.each([
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '127.0.0.1',
    '127.255.255.254',
    '100.64.0.1',
    '::1',
    'fc00::1',
    'fdff::1',
  ])('%s is inward', (text) => expect(reach(text)).toBe('inward'));

  it.each([
    ['link-local', '169.254.0.1'],
    ['metadata', '169.254.169.254'],
    ['metadata of Alibaba Cloud', '100.100.100.200'],
    ['metadata of Azure', '168.63.129.16'],
    ['metadata of AWS', 'fd00:ec2::254'],
    ['this network', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['broadcast', '255.255.255.255'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.1'],
    ['benchmarking', '198.18.0.1'],
    ['protocol assignments', '192.0.0.1'],
    ['6to4 relay', '192.88.99.1'],
    ['unspecified', '::'],
    ['IPv4-compatible', '::127.0.0.1'],
    ['IPv4-mapped', '::ffff:127.0.0.1'],
    ['IPv4-mapped public', '::ffff:1.1.1.1'],
    ['IPv4-translated', '::ffff:0:127.0.0.1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['local NAT64', '64:ff9b:1::7f00:1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:7f00:1::'],
    ['ORCHID', '2001:20::1'],
    ['documentation', '2001:db8::1'],
    ['documentation', '3fff::1'],
    ['discard', '100::1'],
    ['link-local', 'fe80::1'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['segment routing', '5f00::1'],
    ['never handed out', '4000::1'],
    ['never handed out', '1::1'],
  ])('%s: %s is never reached', (_kind, text) => expect(reach(text)).toBe('never'));

  it.each([
    '127.1',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    '127.0.0.01',
    '1.2.3.4.',
    '[::1]',
    'fe80::1%eth0',
    '',
    'localhost',
    '1.2.3',
    '::1::',
  ])('%j is no address in its plain spelling', (text) => expect(reach(text)).toBe('no address'));
});
