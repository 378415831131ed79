// More than the whole server can do, in this process, over real sockets.
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admissionLimits } from '../../src/core/admission-control.ts';
import { pipelineBounds } from '../../src/http/pipelined-requests.ts';
import { sendRaw } from '../support/raw-http.ts';
import { doors, openTestBureau, type TestBureau } from '../support/test-bureau.ts';

let bureau: TestBureau;
let url: string;
beforeAll(async () => {
  bureau = await openTestBureau();
  await bureau.app.listen({ port: 0, host: '127.0.0.1' });
  url = `http://127.0.0.1:${(bureau.app.server.address() as AddressInfo).port}`;
});
afterAll(() => bureau.close());

const formOf = async (): Promise<URLSearchParams> =>
  new URLSearchParams(doors[0]?.form(await bureau.goodToken()));

const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
};

describe('B25 a thundering herd', () => {
  it('B25 500 first requests at once are one fetch of the key set, and all are served', async () => {
    const bodies = await Promise.all(Array.from({ length: 500 }, formOf));
    const answers = await Promise.all(bodies.map((body) => fetch(`${url}/token`, { method: 'POST', body })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    expect(bureau.issuer.hits('/jwks.json')).toBe(1);
    expect(await metric('bureau_requests_shed_total')).toBe(0);
  });
});

describe('B26 more than can be done', () => {
  it('B26 A90 is refused at once; health, metrics and administrators pass; nothing is lost; then it is over', async () => {
    const hanging = await openTestBureau();
    try {
      await hanging.app.listen({ port: 0, host: '127.0.0.1' });
      url = `http://127.0.0.1:${(hanging.app.server.address() as AddressInfo).port}`;
      const authorization = `Bearer ${await hanging.adminToken()}`;
      hanging.issuer.setMode('hang');
      const body = new URLSearchParams(doors[0]?.form(await hanging.goodToken())).toString();
      const request = `POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      // So many wait for an issuer that says nothing that no more are let in.
      const connections = Math.ceil(admissionLimits.mostInFlight / pipelineBounds.underWay) + 1;
      const filling = Array.from({ length: connections }, () =>
        sendRaw(url, request.repeat(pipelineBounds.underWay)),
      );
      while ((await metric('bureau_requests_in_flight')) < admissionLimits.mostInFlight)
        await new Promise((resolve) => setTimeout(resolve, 20));

      const refused = await fetch(`${url}/token`, { method: 'POST', body: new URLSearchParams(body) });
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      const { error, receipt } = (await refused.json()) as { error: string; receipt: string };
      expect(error).toBe('temporarily_unavailable');

      expect((await fetch(`${url}/livez`)).status).toBe(200);
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      expect((await fetch(`${url}/.well-known/jwks.json`)).status).toBe(200);
      const team = await fetch(`${url}/api/v1/teams`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'made-under-load' }),
      });
      expect(team.status).toBe(201);
      const shed = await metric('bureau_requests_shed_total');
      expect(shed).toBeGreaterThanOrEqual(1);
      const story = await fetch(`${url}/api/v1/activities/${receipt}`, { headers: { authorization } });
      expect(await story.json()).toMatchObject({ type: 'token.summary', outcome: 'refused' });

      const statuses = (await Promise.all(filling)).flatMap((answer) => answer.statuses);
      expect(new Set(statuses)).toEqual(new Set([503]));
      expect(await metric('bureau_requests_in_flight')).toBe(0);
      const counted = (await (
        await fetch(`${url}/api/v1/activities/${receipt}`, { headers: { authorization } })
      ).json()) as { details: Record<string, number> };
      expect(counted.details['count.overloaded']).toBe(await metric('bureau_requests_shed_total'));
      expect(await hanging.adminToken()).toMatch(/^eyJ/);
    } finally {
      hanging.issuer.setMode('ok');
      await hanging.close();
    }
  }, 60_000);
});
