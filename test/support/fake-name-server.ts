import { createSocket } from 'node:dgram';
import ipaddr from 'ipaddr.js';

/** A DNS server on loopback. */
export interface FakeNameServer {
  /** `127.0.0.1:<port>`, as `Resolver.setServers` takes it. */
  readonly address: string;
  /** The names it was asked for. */
  readonly questions: readonly string[];
  readonly close: () => Promise<void>;
}

/** Starts a name server that knows these addresses by name, or that never answers. */
export const createFakeNameServer = async (
  known: Readonly<Record<string, readonly string[]>> | 'hang',
): Promise<FakeNameServer> => {
  const questions: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, type, end } = readQuestion(query);
    questions.push(name);
    if (known === 'hang') return;
    const addresses = Object.hasOwn(known, name) ? (known[name] ?? []) : null;
    const answers = (addresses ?? [])
      .map((text) => ipaddr.parse(text))
      .filter((address) => (address.kind() === 'ipv4' ? 1 : 28) === type);
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (addresses === null ? 3 : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(answers.length, 6);
    const records = answers.map((address) => {
      const bytes = Buffer.from(address.toByteArray());
      const record = Buffer.from([0xc0, 0x0c, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length]);
      return Buffer.concat([record, bytes]);
    });
    socket.send(Buffer.concat([header, query.subarray(12, end), ...records]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    close: () => new Promise((resolve) => void socket.close(resolve)),
  };
};

const readQuestion = (
  query: Buffer,
): { readonly name: string; readonly type: number; readonly end: number } => {
  const labels: string[] = [];
  let at = 12;
  for (let size = query.readUInt8(at); size > 0; size = query.readUInt8(at)) {
    labels.push(query.toString('ascii', at + 1, at + 1 + size));
    at += 1 + size;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
};
