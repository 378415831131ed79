import { describe, expect, it } from 'vitest';
import { type BlockTarget, targetIdentity } from '../../../src/core/blocks/block.ts';
import { buildBlocks, noBlocks } from '../../../src/core/blocks/blocks.ts';
import { checkNotBlocked, reasonOfBlock } from '../../../src/core/blocks/check-blocks.ts';
import { refusalReasons } from '../../../src/core/oauth/reasons.ts';
import { sampleBlock } from '../../support/stored-samples.ts';
import { checksOf } from '../../../src/core/activity/check.ts';

const issuer = 'https://issuer.example';
const targets = {
  account: { kind: 'account', account: 'a' },
  federation: { kind: 'federation', federation: 'f' },
  'trusted-issuer': { kind: 'trusted-issuer', trustedIssuer: 'i1', issuer },
  subject: { kind: 'subject', issuer, subject: 'repo:acme/app' },
  key: { kind: 'key', issuer, keyId: 'k1' },
} as const satisfies Record<BlockTarget['kind'], BlockTarget>;

const blocksOf = (...all: readonly BlockTarget[]) => buildBlocks(all.map((target) => sampleBlock(target)));

describe('blocks', () => {
  it('are found by their target, each kind apart from every other', () => {
    for (const target of Object.values(targets)) {
      const blocks = blocksOf(target);
      const found = [
        blocks.account('a'),
        blocks.federation('f'),
        blocks.issuer(issuer),
        blocks.subject(issuer, 'repo:acme/app'),
        blocks.key(issuer, ['k1']),
      ];
      expect(found.filter((block) => block !== null).map((block) => block.target)).toEqual([target]);
    }
  });

  it('one text does not stand for another kind: an account of the id of a federation is not blocked with it', () => {
    const blocks = blocksOf({ kind: 'federation', federation: 'same' });
    expect(blocks.account('same')).toBeNull();
    expect(blocks.federation('same')).not.toBeNull();
  });

  it.each([
    ['a trailing slash', `${issuer}/`, 'repo:acme/app'],
    ['upper case', issuer, 'repo:Acme/app'],
    ['a space behind', issuer, 'repo:acme/app '],
    ['a decomposed accent', issuer, 'repo:acme/a\u0301pp'],
    ['another place of the joint', `${issuer}repo:acme`, '/app'],
    ['the beginning alone', issuer, 'repo:acme/'],
  ])('A28 A29 a subject is compared code point by code point: %s is another', (_case, presented, subject) => {
    const blocks = blocksOf(targets.subject);
    expect(blocks.subject(issuer, 'repo:acme/app')).not.toBeNull();
    expect(blocks.subject(presented, subject)).toBeNull();
  });

  it('SV-17 a SPIFFE ID is blocked under its trust domain by whichever issuer it comes, a subject of another form is not', () => {
    const subject = 'spiffe://example.org/ns/a/sa/b';
    const blocks = blocksOf({ kind: 'subject', issuer: 'spiffe://example.org', subject });
    expect(blocks.subject('spiffe://example.org', subject)).not.toBeNull();
    expect(blocks.subject('https://oidc.example', subject)).not.toBeNull();
    expect(blocks.subject('https://oidc.example', 'spiffe://example.org/ns/a/sa/c')).toBeNull();
    expect(blocks.subject('https://oidc.example', 'spiffe://other.org/ns/a/sa/b')).toBeNull();
    expect(blocksOf(targets.subject).subject('https://other.example', 'repo:acme/app')).toBeNull();
  });

  it('a key is blocked by any of its names, and a missing kid is no name', () => {
    const blocks = blocksOf(targets.key, { kind: 'key', issuer, keyId: 'null' });
    expect(blocks.key(issuer, ['k2', 'k1'])?.target).toEqual(targets.key);
    expect(blocks.key(issuer, [null, 'k1'])).not.toBeNull();
    expect(blocks.key(issuer, [null])).toBeNull();
    expect(blocks.key(issuer, [])).toBeNull();
    expect(blocks.key('https://other.example', ['k1'])).toBeNull();
  });

  it('a trusted issuer is blocked by its identifier, whatever id it has when it comes back', () => {
    const again: BlockTarget = { ...targets['trusted-issuer'], trustedIssuer: 'i2' };
    expect(targetIdentity(again)).toBe(targetIdentity(targets['trusted-issuer']));
    expect(targetIdentity({ ...again, issuer: `${issuer}/` })).not.toBe(targetIdentity(again));
  });

  it('names that are members of every object are names like any other', () => {
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(noBlocks.account(name)).toBeNull();
      expect(blocksOf({ kind: 'account', account: name }).account(name)).not.toBeNull();
    }
  });

  it('A99 refuse with a reason of the family whose sentence says nothing, and a check that says who, why and what to do', () => {
    for (const target of Object.values(targets)) {
      const block = sampleBlock(target, { id: 'block-7', reason: 'stolen' });
      const verdict = checkNotBlocked(block);
      expect(verdict).toMatchObject({ ok: false, reason: reasonOfBlock[target.kind] });
      expect(refusalReasons[reasonOfBlock[target.kind]]).toBe('presented');
      expect(checksOf(verdict)).toMatchObject([{ ok: false, expected: 'not blocked' }]);
      expect(checksOf(verdict)[0]?.hint).toMatch(/ann blocked it.*stolen.*block-7/u);
    }
    expect(checkNotBlocked(null)).toMatchObject({ ok: true, checks: [] });
  });

  it('A101 the words of an administrator cannot bend a line of evidence', () => {
    const block = sampleBlock(targets.account, { name: 'a\nb', reason: '\u001b[31mred\u2028' });
    const [check] = checksOf(checkNotBlocked(block));
    for (const text of [check?.presented, check?.hint]) expect(text).not.toMatch(/[\p{C}\p{Zl}]/u);
  });
});
