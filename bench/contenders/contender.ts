import type { webcrypto } from 'node:crypto';
import type { KnownIssuer } from '../the-exchange.ts';

/** What a server keeps while its figure is taken, by letter; the words are in the report. */
export const promises = {
  D: 'the activity of each token is durable before the token leaves',
  S: 'an assertion works once, also after a restart and on every node',
  s: 'an assertion works once, as far as the memory of one process reaches',
  L: 'rate limits are counted, for the address and the tenant',
} as const;
/** Letters of {@link promises}. */
export type PromiseKept = keyof typeof promises;

/** Which server, and how it is set up. Two entrants with the same plan share one server. */
export type ServerPlan =
  | {
      readonly kind: 'bureau';
      readonly store?: 'sqlite' | 'postgresql';
      /** Processes that share the port of one node; `all`: one for each core, and the server is held to no core. */
      readonly workers?: 'all';
      /** Processes with a port each that share one database; needs `postgresql`. Default one. */
      readonly nodes?: number;
      /** Seeded accounts, spread over so many seeded issuers. Default none. */
      readonly accounts?: number;
      readonly issuers?: number;
    }
  | { readonly kind: 'oidc-provider' }
  | { readonly kind: 'jose-in-fastify' };

/** How a Bureau is set up. */
export type BureauPlan = Extract<ServerPlan, { readonly kind: 'bureau' }>;

/** Kinds of servers. */
export type ContenderKind = ServerPlan['kind'];

/** What every contender is told before it is asked for anything. */
export interface Registrations {
  /** One for each algorithm. */
  readonly issuers: readonly KnownIssuer[];
  /** The key of the account with a key of its own, with `kid` and `alg`. */
  readonly publicKey: webcrypto.JsonWebKey & { readonly kid: string; readonly alg: string };
}

/** What a server left in its store. */
export interface Kept {
  /** Issued tokens the store knows of. */
  readonly issued: number;
  /** By how much the store has grown since the load began, in bytes. */
  readonly grownBytes: number;
}

/** A running server that takes part. */
export interface Contender {
  readonly kind: ContenderKind;
  /** Token endpoint of each node. */
  readonly tokenUrls: readonly string[];
  readonly issuer: string;
  /** Where its own keys are published. */
  readonly jwksUri: string;
  /** Root processes, of the server and of its database. */
  readonly serverPids: readonly number[];
  readonly databasePids: readonly number[];
  readonly kept: readonly PromiseKept[];
  /** What an assertion of the account with a key of its own must name. */
  readonly ownKey: { readonly clientId: string; readonly audience: string };
  /** Members that its forms for token exchange need beside the token. */
  readonly exchangeMembers: Readonly<Record<string, string>>;
  /** Resident memory before the first request of the load, in bytes. */
  readonly bytesAtRest: number | null;
  /** One change of a registration by an administrator; `null` where there is no administration. */
  readonly change: (() => Promise<void>) | null;
  /** Ends it; what its store holds then, `null` where it keeps nothing. */
  stop(): Promise<Kept | null>;
}
