import { describe, expect, it } from 'vitest';
import { type HostileKind, hostileTokens } from '../../bench/requests/hostile-tokens.ts';

const kinds = Object.keys(hostileTokens) as HostileKind[];
const parts = { issuer: 'https://issuer.example', kid: 'key-1' };

describe('hostile tokens', () => {
  it.each(kinds)('%s: as long as a token may be, and each another one', (kind) => {
    const [one, other] = [hostileTokens[kind](parts, 1), hostileTokens[kind](parts, 2)];
    expect(one.length).toBeGreaterThan(16_350);
    expect(one.length).toBeLessThanOrEqual(16_384);
    expect(one).not.toBe(other);
  });

  it.each(kinds.filter((kind) => kind !== 'claims nested 6,000 deep'))(
    '%s: claims that can be read',
    (kind) => {
      const claims = JSON.parse(
        Buffer.from(hostileTokens[kind](parts, 1).split('.')[1] ?? '', 'base64url').toString(),
      ) as Readonly<Record<string, unknown>>;
      expect(claims['iss']).toBe(
        kind === 'from an issuer nobody knows' ? 'https://stranger-1.example' : parts.issuer,
      );
    },
  );

  it('only one is not base64url', () => {
    const canonical = kinds.filter((kind) => /^[\w.-]+$/.test(hostileTokens[kind](parts, 1)));
    expect(canonical).toHaveLength(kinds.length - 1);
  });

  it('one is nested deeper than anybody parses, and has a thousand claims in another', () => {
    const payloadOf = (kind: HostileKind): string =>
      Buffer.from(hostileTokens[kind](parts, 1).split('.')[1] ?? '', 'base64url').toString();
    expect(payloadOf('claims nested 6,000 deep')).toContain('['.repeat(5000));
    expect(Object.keys(JSON.parse(payloadOf('forged, a thousand claims')) as object).length).toBeGreaterThan(
      900,
    );
  });
});
