import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** A certificate with its private key, both PEM, as `node:https` takes them. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** What a leaf certificate says. */
export interface LeafOptions {
  /** DNS names and IPv4 addresses for the subject alternative name. */
  readonly hosts: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** The kind of its key, default P-256. */
  readonly key?: 'P-256' | 'RSA-2048';
}

/** A certificate over a key that was made elsewhere, of any kind that has an SPKI. */
export const certify = (publicKey: KeyObject, options: Partial<LeafOptions> = {}): string =>
  buildCertificate({
    ...options,
    hosts: options.hosts ?? [],
    subject: 'subject',
    issuer: 'issuer',
    subjectKey: publicKey,
    signingKey: newKeyPair().privateKey,
    isAuthority: false,
  });

/** A throw-away certificate authority, made at run time with nothing but `node:crypto`. */
export interface TestAuthority {
  /** The CA's own certificate, PEM. */
  readonly certificate: string;
  /** A server certificate signed by this CA. */
  issue(options: LeafOptions): TestCertificate;
}

const day = 86_400_000;

/** Makes a CA of its own each time; nothing of it is trusted by anybody who was not given `certificate`. */
export const createTestAuthority = (name = 'Bureau test CA'): TestAuthority => {
  const keys = newKeyPair();
  const certificate = buildCertificate({
    subject: name,
    issuer: name,
    subjectKey: keys.publicKey,
    signingKey: keys.privateKey,
    isAuthority: true,
    hosts: [],
  });
  return {
    certificate,
    issue: (options) => {
      const leaf = newKeyPair(options.key);
      const cert = buildCertificate({
        ...options,
        subject: options.hosts[0] ?? 'nobody',
        issuer: name,
        subjectKey: leaf.publicKey,
        signingKey: keys.privateKey,
        isAuthority: false,
      });
      return { cert, key: leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }) };
    },
  };
};

/** A server certificate that vouches for itself. */
export const createSelfSigned = (options: LeafOptions): TestCertificate => {
  const keys = newKeyPair();
  const name = options.hosts[0] ?? 'nobody';
  const cert = buildCertificate({
    ...options,
    subject: name,
    issuer: name,
    subjectKey: keys.publicKey,
    signingKey: keys.privateKey,
    isAuthority: false,
  });
  return { cert, key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) };
};

const newKeyPair = (
  kind: LeafOptions['key'] = 'P-256',
): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } => {
  const { publicKey, privateKey } =
    kind === 'RSA-2048'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { publicKey, privateKey: createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })) };
};

interface CertificateOptions extends LeafOptions {
  readonly subject: string;
  readonly issuer: string;
  readonly subjectKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly isAuthority: boolean;
}

/** An X.509 v3 certificate (RFC 5280 §4.1), ECDSA with SHA-256. */
const buildCertificate = (options: CertificateOptions): string => {
  const notBefore = options.notBefore ?? new Date(Date.now() - day);
  const notAfter = options.notAfter ?? new Date(Date.now() + 30 * day);
  const extensions = [
    extension('2.5.29.19', true, sequence(...(options.isAuthority ? [der(0x01, Buffer.from([0xff]))] : []))),
    // digitalSignature, or keyCertSign with cRLSign
    extension('2.5.29.15', true, der(0x03, Buffer.from(options.isAuthority ? [1, 0x06] : [7, 0x80]))),
  ];
  if (options.hosts.length > 0)
    extensions.push(extension('2.5.29.17', false, sequence(...options.hosts.map(generalName))));
  const algorithm = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(15)]);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    commonName(options.issuer),
    sequence(time(notBefore), time(notAfter)),
    commonName(options.subject),
    options.subjectKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, options.signingKey);
  const whole = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
};

const der = (tag: number, content: Buffer): Buffer => {
  const size = content.length;
  if (size < 0x80) return Buffer.concat([Buffer.from([tag, size]), content]);
  const bytes = size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), content]);
};

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, Buffer.concat(parts));

const objectIdentifier = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(0x06, Buffer.from(bytes));
};

const commonName = (name: string): Buffer =>
  sequence(der(0x31, sequence(objectIdentifier('2.5.4.3'), der(0x0c, Buffer.from(name, 'utf8')))));

const time = (date: Date): Buffer =>
  der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`, 'ascii'));

const extension = (identifier: string, critical: boolean, value: Buffer): Buffer =>
  sequence(
    objectIdentifier(identifier),
    ...(critical ? [der(0x01, Buffer.from([0xff]))] : []),
    der(0x04, value),
  );

const generalName = (host: string): Buffer =>
  isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host, 'ascii'));
