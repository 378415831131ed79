import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** What {@link sourceAddressOf} found out; `null` until it was asked. */
    sourceAddress: string | null;
  }
}

/**
 * The address a request came from: the socket's, or what a trusted proxy said (TR-13). Found out once, for behind a proxy its
 * header has to be read for that.
 */
export const sourceAddressOf = (request: Pick<FastifyRequest, 'ip' | 'sourceAddress'>): string => {
  request.sourceAddress ??= withoutPort(request.ip);
  return request.sourceAddress;
};

/** Some proxies write the client's port behind it; with the port each connection would be somebody else. */
const withoutPort = (ip: string): string => {
  if (!ip.includes(':')) return ip;
  const [, bracketed] = /^\[([0-9a-f:.]+)\](?::\d{1,5})?$/i.exec(ip) ?? [];
  if (bracketed !== undefined) return bracketed;
  const [, withPort] = /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(ip) ?? [];
  return withPort ?? ip;
};
