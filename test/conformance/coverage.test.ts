// Which rows of the checklist of standards have a test, and which honestly have none yet.
import { describe, expect, it } from 'vitest';
import { collectTitledIds, idsInTitles, row } from '../support/titled-ids.ts';

/** The groups that concern what is built: A to K, M and N. */
const rows: readonly string[] = [
  ...row('TR-', 1, 16),
  ...row('RS-', 1, 12),
  ...row('CA-', 1, 25),
  ...row('ST-', 1, 34),
  ...row('TX-', 1, 21),
  ...row('JB-', 1, 7),
  ...row('CC-', 1, 5),
  ...row('AT-', 1, 17),
  ...row('MD-', 1, 15),
  ...row('AD-', 1, 13),
  ...row('IR-', 1, 12),
  ...row('JF-', 1, 19),
  ...row('SV-', 1, 26),
];

/** Rows without a test, and why. */
const notYet: Readonly<Record<string, string>> = {};

/** Rows whose tests hold what there is, while a part of the row waits for a capability. */
const inPart: Readonly<Record<string, string>> = {
  'TR-12':
    'TLS ends at the proxy in front; tested is that nothing is ever redirected and that an http issuer is refused.',
  'TX-18': 'Delegation is not offered: an actor token is refused, may_act decides nothing.',
  'TX-19': 'Delegation is not offered.',
  'TX-20': 'Our own tokens are not exchanged again; tested is that they are refused.',
  'MD-08':
    'A JWT-SVID always authenticates a client, so its method is never absent; those of other SVIDs are.',
  'SV-26': 'WIT-SVIDs are not accepted, with or without a proof.',
  'MD-09': 'No DPoP and no mutual TLS; tested is that none is advertised.',
  'IR-08': 'Signed answers are not offered; tested is that who asks for one gets JSON.',
  'SV-12':
    'The audience is a list of exactly one and no string: some verifiers take a string apart into characters.',
  'AD-05': 'Ids do not sort by creation: they are random (A104).',
  'AD-08': 'Keys of accounts are given one by one, not as a set or by its URL; private members are refused.',
  'MD-15': 'Rotation is a capability of its own; tested is what is published in each phase of a key.',
};

describe('coverage of the checklist of standards', async () => {
  const titled = await collectTitledIds();
  const has = (id: string): boolean => titled.has(id);

  it('every row has a test, or says why not', () => {
    expect(rows.filter((id) => !has(id) && !Object.hasOwn(notYet, id))).toEqual([]);
  });
  it('a row that has a test is not said to have none', () => {
    expect(Object.keys(notYet).filter(has)).toEqual([]);
  });
  it('a row that is covered in part has a test', () => {
    expect(Object.keys(inPart).filter((id) => !has(id))).toEqual([]);
  });
  it('both tables are about rows of the list', () => {
    expect([...Object.keys(notYet), ...Object.keys(inPart)].filter((id) => !rows.includes(id))).toEqual([]);
  });
  it('a name in a comment is no test, one in a title is', () => {
    const source =
      "// it('ZZ-01 nothing')\n/* 'ZZ-02' */\nit('ZZ-03 ZZ-04 something', () => expect(1).toBe(1)); // ZZ-05";
    expect(idsInTitles(source)).toEqual(['ZZ-03', 'ZZ-04']);
  });
});
