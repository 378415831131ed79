import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { createRequestLines } from '../../../src/adapters/logging/request-lines.ts';
import type { LoggedRequest } from '../../../src/ports/request-log.ts';

const usual: LoggedRequest = {
  reqId: 'req-1',
  method: 'POST',
  path: '/t/:tenant/token',
  status: 200,
  ms: 1.5,
  address: '203.0.113.7',
  tenant: 'default',
  account: 'an-account',
  receipt: 'a-receipt',
};

const timestamp = (): string => ',"time":"2026-01-01T00:00:00.000Z"';

/** What pino writes of the same, and what is written here. */
const linesOf = (request: LoggedRequest, worker: number | null = null): readonly [string, string] => {
  let byPino = '';
  const log = pino({ base: null, timestamp }, { write: (line) => void (byPino += line) });
  (worker === null ? log : log.child({ worker })).info(request, 'request');
  let written = '';
  createRequestLines({ write: (line) => void (written += line), timestamp, worker })(request);
  return [byPino, written];
};

describe('createRequestLines', () => {
  it.each<[string, Partial<LoggedRequest>]>([
    ['a request that was granted', {}],
    ['one that was refused', { status: 400, reason: 'issuer_unknown', account: null }],
    ['one of which nothing is known', { path: 'unmatched', tenant: null, account: null, receipt: null }],
    ['a whole millisecond', { ms: 2 }],
    ['A101 line breaks in the address a proxy told', { address: '1.2.3.4\r\n{"level":60}' }],
    ['A101 JSON in it', { address: '","level":60,"x":"' }],
    [
      'A101 control characters, ANSI, U+2028, a lone surrogate',
      { address: '\u0000\u001b[2J\u2028\u0085\ud800' },
    ],
    ['A101 a backslash, and text beyond ASCII', { address: '\\ü€😀' }],
  ])('writes of %s byte for byte what pino writes', (_what, differing) => {
    const [byPino, written] = linesOf({ ...usual, ...differing });
    expect(written).toBe(byPino);
    expect(written.indexOf('\n')).toBe(written.length - 1);
    expect(JSON.parse(written)).toMatchObject({ level: 30, msg: 'request', ...usual, ...differing });
  });

  it('names the worker where there are several, at the place where pino does', () => {
    const [byPino, written] = linesOf(usual, 3);
    expect(written).toBe(byPino);
    expect(JSON.parse(written)).toMatchObject({ worker: 3 });
  });
});
