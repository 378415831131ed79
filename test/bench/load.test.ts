import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { LoadJob, Pace } from '../../bench/load/load-job.ts';
import { parseAnswer } from '../../bench/load/parse-answer.ts';
import { packRequests, type Requests } from '../../bench/load/read-requests.ts';
import { createAnswerRecord } from '../../bench/load/record-answers.ts';
import { runRound } from '../../bench/load/run-round.ts';

describe('an answer', () => {
  const whole = 'HTTP/1.1 200 OK\r\ncontent-type: x\r\nContent-Length: 4\r\n\r\nbody';

  it('is read when it is complete', () => {
    expect(parseAnswer(Buffer.from(whole))).toEqual({
      status: 200,
      bodyStart: whole.length - 4,
      end: whole.length,
    });
    for (let length = 0; length < whole.length; length += 1)
      expect(parseAnswer(Buffer.from(whole.slice(0, length)))).toBeNull();
  });

  it.each([
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n',
    'SSH-2.0\r\n\r\n',
  ])('of another kind is a fault: %j', (text) => {
    expect(() => parseAnswer(Buffer.from(text))).toThrow('does not read');
  });
});

describe('requests', () => {
  it('lie in a row and are found by their place, again and again', () => {
    const requests = packRequests(['a', 'bcd', 'ef']);
    expect(requests.count).toBe(3);
    expect([0, 1, 2, 3, 7].map((place) => requests.at(place).toString())).toEqual([
      'a',
      'bcd',
      'ef',
      'a',
      'bcd',
    ]);
  });
});

describe('the record of a round', () => {
  const expected = { status: 200, text: 'token' };
  const body = Buffer.from('a token');

  it('notes what is as expected and says what is not', () => {
    const record = createAnswerRecord({ expected, samples: 0, pace: { kind: 'saturate' } });
    expect(record.note(200, body, 1)).toBeNull();
    expect(record.note(200, Buffer.from('nothing'), 1)).toBe('answered 200 nothing');
    expect(record.note(503, body, 1)).toBe('answered 503 a token');
    expect(record.summary()).toMatchObject({ answers: 1, late: 0 });
  });

  it.each([
    { pace: { kind: 'saturate' }, mostMs: 2 },
    { pace: { kind: 'constant', perSecond: 1 }, mostMs: 900 },
  ] as const)(
    'late answers are told apart; their time counts where requests were due: $pace.kind',
    ({ pace, mostMs }) => {
      const record = createAnswerRecord({ expected, samples: 0, pace });
      record.note(200, body, 2);
      record.end();
      record.note(200, body, 900);
      expect(record.summary()).toMatchObject({ answers: 1, late: 1, mostMs });
    },
  );

  it('samples are taken evenly from all answers', () => {
    const draws = [0.99, 0.1, 0.5];
    const record = createAnswerRecord(
      { expected, samples: 2, pace: { kind: 'saturate' } },
      () => draws.shift() ?? 0,
    );
    for (const name of ['a', 'b', 'c', 'd', 'e']) record.note(200, Buffer.from(`token ${name}`), 1);
    // The third draws the last of three places and is not taken; the fourth takes the first, the fifth the third.
    expect(record.summary().samples).toEqual(['token d', 'token b']);
  });
});

describe('a round', () => {
  let server: Server | null = null;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  const start = async (answer: (body: string) => { status: number; text: string }): Promise<string> => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        const { status, text } = answer(body);
        response.writeHead(status, { 'content-length': text.length }).end(text);
      });
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  };
  const job = (url: string, pace: Pace, more: Partial<LoadJob> = {}): LoadJob => ({
    urls: [url],
    formsFile: '',
    first: 0,
    keep: true,
    most: null,
    pace,
    connections: 4,
    seconds: 0.2,
    expected: { status: 200, text: 'token' },
    samples: 3,
    serverPids: [process.pid],
    databasePids: [],
    cores: null,
    ...more,
  });
  const requestsOf = (url: string, forms: readonly string[]): Requests =>
    packRequests(
      forms.map(
        (form) =>
          `POST / HTTP/1.1\r\nhost: ${new URL(url).host}\r\ncontent-length: ${form.length}\r\n\r\n${form}`,
      ),
    );

  it.each([{ kind: 'saturate' }, { kind: 'constant', perSecond: 200 }] as const)(
    'goes through the forms in turn, counts, and keeps samples: $kind',
    async (pace) => {
      const seen: string[] = [];
      const url = await start((body) => {
        seen.push(body);
        return { status: 200, text: `token for ${body}` };
      });
      const result = await runRound(job(url, pace, { first: 1 }), requestsOf(url, ['a', 'b', 'c']));
      expect(result.answers + result.late).toBe(seen.length);
      expect(new Set(seen)).toEqual(new Set(['a', 'b', 'c']));
      expect(result.samples).toHaveLength(3);
      expect(result.samples[0]).toMatch(/^token for [abc]$/);
    },
  );

  it('sends as many as are due at a constant rate', async () => {
    const url = await start(() => ({ status: 200, text: 'token' }));
    const result = await runRound(job(url, { kind: 'constant', perSecond: 100 }), requestsOf(url, ['a']));
    expect(result.answers + result.late).toBe(20);
  });

  it('sends each form once where they work once, and ends when they are used up', async () => {
    const seen: string[] = [];
    const url = await start((body) => {
      seen.push(body);
      return { status: 200, text: 'token' };
    });
    const forms = ['a', 'b', 'c', 'd', 'e', 'f'];
    const result = await runRound(
      job(url, { kind: 'saturate' }, { most: 6, seconds: 60 }),
      requestsOf(url, forms),
    );
    expect(seen.toSorted()).toEqual(forms);
    expect(result.answers).toBe(6);
  });

  it('the first answer that is not as expected voids it', async () => {
    let count = 0;
    const url = await start(() => {
      count += 1;
      return count === 5 ? { status: 500, text: 'no' } : { status: 200, text: 'token' };
    });
    await expect(runRound(job(url, { kind: 'saturate' }), requestsOf(url, ['a']))).rejects.toThrow(
      'answered 500 no',
    );
  });

  it('a connection that the server closes voids it', async () => {
    const url = await start(() => {
      server?.closeAllConnections();
      return { status: 200, text: 'token' };
    });
    await expect(runRound(job(url, { kind: 'saturate' }), requestsOf(url, ['a']))).rejects.toThrow();
  });
});
