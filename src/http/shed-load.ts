import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AdmissionControl } from '../core/admission-control.ts';
import { createTakeTurns } from '../core/take-turns.ts';
import type { Clock } from '../ports/clock.ts';
import type { OverloadRefusals } from '../token/overload-refusals.ts';
import { createPipelinedRequests } from './pipelined-requests.ts';
import { createRestingConnections } from './rest-connections.ts';

/** What the shedding of load uses. */
export interface LoadSheddingDependencies {
  readonly admission: AdmissionControl;
  readonly refusals: OverloadRefusals;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** How long the event loop has waited for something to do, in milliseconds. */
  readonly idleMs: () => number;
  readonly isStopping: () => boolean;
}

/**
 * Never refused here, for who watches, who mends and who verifies has to get through: health, metrics, the admin API and the
 * published documents. Everything else is, the token endpoint above all, whatever way its path is spelled.
 */
const spared = /^\/(?:livez|readyz|metrics|(?:t\/[^/?]*\/)?(?:api\/v1|spiffe|[^?]*\.well-known))(?=[/?]|$)/;

/**
 * What takes turns, one of each in a turn of the event loop: what describes the admin API, for it is large and anybody may ask
 * for it again and again (A89), and the admin API itself, for each request costs a multiple of a token and tools send hundreds
 * of them at once (A63).
 */
const oneInTurn = [
  /^\/(?:t\/[^/?]*\/)?api\/v1\/(?:openapi\.json|docs)(?=[/?]|$)/,
  /^\/(?:t\/[^/?]*\/)?api\/v1(?=[/?]|$)/,
] as const;

/**
 * So many are begun in a turn of those on whose connection the last one was refused, so that a flood of bad tokens makes no turn
 * long for others (B28). Where there were no others for a while more of them go together, for work that is done side by side
 * costs less.
 */
const refusedPerTurn = { besideOthers: 2, alone: 32, aloneAfterMs: 100 } as const;

/** Whether the path of a request is never refused for load. */
export const isSpared = (target: string): boolean => spared.test(target);

/** Those that were refused together do not come back together. */
const restSpread = [0.7, 1.3, 0.9, 1.1] as const;

/** Different for clients that were refused together, so that they do not come back together. */
const retryAfterSeconds = [1, 2, 3, 4] as const;

/**
 * Puts the refusal of load (B26, A90) before everything else that answers a request: before routing, hooks and the reading of
 * bodies, for a refusal has to cost a fraction of what it saves. To be called when all listeners are there.
 */
export const shedLoad = (server: Server, deps: LoadSheddingDependencies): void => {
  const { admission, refusals, clock, idleMs, isStopping } = deps;
  /** Connections whose last request was refused. */
  const refusedLast = new WeakSet<Socket>();
  const resting = createRestingConnections();
  let restTurn = 0;
  const rest = (socket: Socket): void => {
    restTurn = (restTurn + 1) % restSpread.length;
    resting.rest(socket, Math.round(admission.restMs() * (restSpread[restTurn] ?? 1)));
  };
  const refuse = createRefusal(refusals, isStopping);
  const answer = server.listeners('request') as ((
    request: IncomingMessage,
    response: ServerResponse,
  ) => void)[];

  let turnUnderWay = false;
  const endTurn = (): void => {
    turnUnderWay = false;
  };

  const begin = (response: ServerResponse): void => {
    for (const listener of answer) listener.call(server, response.req, response);
  };
  const inTurnsOf = (
    perTurn: () => number,
    beginOne: (response: ServerResponse) => void = begin,
  ): ((response: ServerResponse) => void) => {
    const takeTurns = createTakeTurns(perTurn, setImmediate);
    return (response) =>
      takeTurns(() => {
        if (!response.req.socket.destroyed) beginOne(response);
      });
  };
  const queues = oneInTurn.map((paths) => ({ paths, beginInTurn: inTurnsOf(() => 1) }));
  let turnAtMs = clock.monotonic();
  /** When the last one was begun that takes no turns. */
  let othersAtMs = turnAtMs;
  const beginAfterRefusal = inTurnsOf(() =>
    turnAtMs - othersAtMs > refusedPerTurn.aloneAfterMs ? refusedPerTurn.alone : refusedPerTurn.besideOthers,
  );

  // One function for all responses, which Node calls with the response: none has to be made for each.
  function leave(this: ServerResponse): void {
    pipelined.end(this.req.socket);
  }
  function leaveCounted(this: ServerResponse): void {
    const { socket } = this.req;
    admission.left();
    if (this.statusCode < 400) refusedLast.delete(socket);
    else refusedLast.add(socket);
    pipelined.end(socket);
  }

  const startTurn = (): void => {
    if (turnUnderWay) return;
    turnUnderWay = true;
    turnAtMs = clock.monotonic();
    admission.turn({ atMs: turnAtMs, idleMs: idleMs() });
    setImmediate(endTurn);
  };

  const beginAdmitted = (response: ServerResponse): void => {
    if (refusedLast.has(response.req.socket)) return beginAfterRefusal(response);
    othersAtMs = turnAtMs;
    return begin(response);
  };
  const beginLater = inTurnsOf(() => {
    startTurn();
    return admission.next();
  }, beginAdmitted);

  const pipelined = createPipelinedRequests((response) => {
    const { req: request } = response;
    if (isSpared(request.url ?? '')) {
      response.on('close', leave);
      const beginSpared = queues.find(({ paths }) => paths.test(request.url ?? ''))?.beginInTurn ?? begin;
      beginSpared(response);
      return;
    }
    const admitted = admission.admit();
    if (admitted === null) {
      response.on('close', leave);
      refuse(response);
      rest(request.socket);
      return;
    }
    response.on('close', leaveCounted);
    if (admitted === 'now') beginAdmitted(response);
    else beginLater(response);
  });

  server.removeAllListeners('request');
  server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    startTurn();
    pipelined.begin(response);
  });
};

/** The answer, built anew only when its receipt changes. */
const createRefusal = (
  refusals: OverloadRefusals,
  isStopping: () => boolean,
): ((response: ServerResponse) => void) => {
  let known: ReturnType<OverloadRefusals['refuse']> | null = null;
  let body = '';
  let headers: readonly string[][] = [];
  let turn = 0;
  return (response) => {
    const refusal = refusals.refuse();
    if (refusal !== known) {
      known = refusal;
      body = JSON.stringify(refusal.body);
      headers = retryAfterSeconds.map((seconds) => headersOf(seconds, body));
    }
    turn = (turn + 1) % headers.length;
    if (isStopping()) response.setHeader('connection', 'close');
    response.writeHead(refusal.status, headers[turn]);
    response.end(body);
  };
};

const headersOf = (seconds: number, body: string): string[] => [
  'content-type',
  'application/json; charset=utf-8',
  'content-length',
  String(Buffer.byteLength(body)),
  'cache-control',
  'no-store',
  'pragma',
  'no-cache',
  'x-content-type-options',
  'nosniff',
  'retry-after',
  String(seconds),
];
