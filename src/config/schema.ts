import { isIP } from 'node:net';
import * as z from 'zod';

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether a URL's host is this machine; only then may an issuer be `http:` (contract §2). */
const isLoopback = (url: URL): boolean =>
  loopbackNames.has(url.hostname) || /^127(\.\d{1,3}){3}$/.test(url.hostname);

const issuer = z.string().superRefine((text, context) => {
  const problem = issuerProblem(text);
  if (problem !== null) context.addIssue(problem);
});

/** What is wrong with `text` as our issuer identifier, or `null` (RFC 8414 §2, MD-01). */
const issuerProblem = (text: string): string | null => {
  if (!URL.canParse(text)) return 'must be a URL such as https://sts.example.com';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url)))
    return 'must begin with https:// (http:// only for a loopback host; behind TLS termination the issuer is https)';
  if (url.username || url.password || text.includes('?') || text.includes('#'))
    return 'must carry no user name, query or fragment';
  if (text.endsWith('/')) return 'must not end with a slash';
  const canonical = url.pathname === '/' ? url.origin : url.origin + url.pathname;
  if (canonical !== text) return `must be written in its canonical form, ${canonical}`;
  return null;
};

/** A number, or its decimal digits as the environment has them; nothing else that JavaScript would make a number of. */
const decimal = (schema: z.ZodNumber) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,12}(\.\d{1,6})?$/.test(value) ? Number(value) : value),
    schema,
  );

/** A word or a whole number from 1 on; whatever else is told both. */
const wordOrCount = <Word extends string>(word: Word, most: number) => {
  const error = `must be ${word}, or a whole number from 1 to ${most}`;
  const count = z.number({ error }).int({ error, abort: true }).min(1, { error }).max(most, { error });
  return z.union([z.literal(word), decimal(count)], { error });
};

const perMinute = wordOrCount('off', 10_000_000);

const commaList = z.preprocess(
  (value) =>
    typeof value === 'string'
      ? value
          .split(',')
          .map((item) => item.trim())
          .filter((item) => item !== '')
      : value,
  z.array(z.string()).max(1000),
);

const isAddressOrNetwork = (text: string): boolean => {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
};

const originSentence = 'must be an origin such as https://10.0.0.1:6443';

const port = decimal(z.number().int().min(0).max(65535));

/** Every setting of the server with its default: the only home of defaults (contract §2). */
export const configurationSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
  port: port.default(8080).describe('Port to listen on; 0 takes a free one.'),
  issuer: issuer
    .optional()
    .describe('Issuer identifier, default http://127.0.0.1:<port>. https unless the host is loopback.'),
  workers: wordOrCount('auto', 64)
    .default(1)
    .describe('Processes that share the port, or auto for one on each core (Linux only).'),
  dataDir: z
    .string()
    .min(1)
    .default('./data')
    .describe('Folder for the embedded store, admin.json and the key-encryption key.'),
  databaseUrl: z
    .string()
    .regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/, 'must be sqlite:<file> or postgres://…')
    .optional()
    .describe('sqlite:<file> (default sqlite:<data dir>/bureau.db) or postgres://…'),
  databasePoolSize: decimal(z.number().int().min(1).max(200))
    .default(10)
    .describe('Connections to PostgreSQL, of all workers together.'),
  keyEncryptionKey: z
    .string()
    .optional()
    .describe('32 bytes in base64 that encrypt our private keys at rest. Prefer the file.'),
  keyEncryptionKeyFile: z.string().min(1).optional().describe('File that holds the key-encryption key.'),
  outboundAllow: commaList
    .default([])
    .describe('host:port and CIDR entries that outgoing fetches may reach although they are not public.'),
  issuerAccess: z
    .array(
      z.strictObject({
        origin: z
          .string()
          .regex(/^https?:\/\/[^/?#]+$/, originSentence)
          .refine((text) => URL.canParse(text) && !text.includes('@'), originSentence)
          .overwrite((text) => (URL.canParse(text) ? new URL(text).origin : text)),
        bearerTokenFile: z.string().min(1).optional(),
        caFile: z.string().min(1).optional(),
      }),
    )
    .max(1000)
    .default([])
    .describe('Bearer token file and CA file for key sets behind a cluster API, by origin.'),
  rateLimit: perMinute.default(6000).describe('Token requests a minute from one address, or off.'),
  tenantRateLimit: perMinute.default('off').describe('Token requests a minute for one tenant, or off.'),
  signingBackend: z
    .enum(['local', 'pkcs11'])
    .default('local')
    .describe(
      'Where signing keys are made and sign: local, or pkcs11 for a token (needs `npm install --save-optional pkcs11js`).',
    ),
  pkcs11Module: z.string().min(1).optional().describe('PKCS#11 library of the token, a file.'),
  pkcs11TokenLabel: z.string().min(1).max(32).optional().describe('Label of the token.'),
  pkcs11PinFile: z.string().min(1).optional().describe('File that holds the PIN of the user of the token.'),
  signingKeyRotationDays: decimal(z.number().min(0.001).max(3650))
    .default(30)
    .describe('How many days a signing key of ours signs before the next one takes over.'),
  signingKeyPublishAheadSeconds: decimal(z.number().int().min(1).max(2_592_000))
    .default(1500)
    .describe('How long a signing key is published before it signs; longer than verifiers keep key sets.'),
  publishedMaxAgeSeconds: decimal(z.number().int().min(1).max(86_400))
    .default(300)
    .describe('How long verifiers may keep our key sets and documents (Cache-Control: max-age).'),
  keyGenerationRateLimit: perMinute
    .default(120)
    .describe('Key pairs of accounts made for one tenant in a minute, or off.'),
  strangerActivities: decimal(z.number().int().min(1).max(100_000))
    .default(600)
    .describe(
      'Activities a minute for refusals that name no registered issuer or account; beyond it one summary.',
    ),
  trustProxy: commaList
    .pipe(z.array(z.string().refine(isAddressOrNetwork, 'must be an IP address or a CIDR')))
    .default([])
    .describe('Addresses of proxies whose forwarding headers count.'),
  templateEnv: commaList
    .pipe(z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of a variable')))
    .default([])
    .describe('Environment variables that templates of JWT-SVIDs may show, by name.'),
  metricsPort: port.optional().describe('Serve /metrics on a listener of its own.'),
  metricsHost: z.string().min(1).default('127.0.0.1').describe('Address of the metrics listener.'),
  stopDelaySeconds: decimal(z.number().min(0).max(7))
    .default(1)
    .describe(
      'How long to go on answering, not ready any more, after SIGTERM, so that balancers notice first.',
    ),
  logLevel: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('How much to log.'),
});

/** The configuration as validated, before defaults that hang on other members. */
export type ParsedConfiguration = z.output<typeof configurationSchema>;

/** The configuration of a server process; every member present and valid. */
export interface Configuration extends ParsedConfiguration {
  readonly issuer: string;
  readonly databaseUrl: string;
}

/** The environment variable that sets a member: `rateLimit` is `BUREAU_RATE_LIMIT` (contract §2). */
export const environmentName = (memberName: string): string =>
  `BUREAU_${memberName.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** Members that cannot be set by an environment variable because they are lists of objects. */
export const fileOnlyMembers: ReadonlySet<string> = new Set(['issuerAccess']);
