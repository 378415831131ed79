import type { FastifyRequest } from 'fastify';

/**
 * The address a request came from: the socket's, or what a trusted proxy said (TR-13). Some proxies write the client's port
 * behind it; with the port each connection would be somebody else.
 */
export const sourceAddressOf = ({ ip }: Pick<FastifyRequest, 'ip'>): string => {
  if (!ip.includes(':')) return ip;
  const [, bracketed] = /^\[([0-9a-f:.]+)\](?::\d{1,5})?$/i.exec(ip) ?? [];
  if (bracketed !== undefined) return bracketed;
  const [, withPort] = /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(ip) ?? [];
  return withPort ?? ip;
};
