import type { CredentialsFile } from '../core/accounts/credentials-file.ts';
import type { Tenant } from '../core/tenants/tenant.ts';
import type { IssuerPreset } from '../core/trust/preset.ts';
import type { Touched } from '../core/trust/touched.ts';
import type { Clock } from '../ports/clock.ts';
import type { NewId } from '../ports/identifiers.ts';
import type { GenerateAccountKeyPair } from '../ports/key-pair-generator.ts';
import type { ReadPublicKeyText } from '../ports/public-key-text.ts';
import type { IssuerKeys } from '../ports/issuer-keys.ts';
import type { SignatureVerifier } from '../ports/signature-verifier.ts';
import type { Storage } from '../ports/storage.ts';
import type { Stores } from '../ports/stores.ts';
import type { SigningKeyRotation } from '../keys/rotate-signing-keys.ts';
import type { TrailSeals } from '../keys/trail-seals.ts';
import type { Explanations } from '../token/explanations.ts';
import type { SvidTrials } from '../token/try-svid.ts';
import type { KeyGenerationLimit } from './key-generation-limit.ts';
import type { TrailReport } from './verify-trail.ts';

/** What the acts of administration need. */
export interface AdminDependencies {
  readonly storage: Stores & Pick<Storage, 'transaction'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
  readonly issuerKeys: Pick<IssuerKeys, 'refresh' | 'health' | 'forget'>;
  readonly signatureVerifier: Pick<SignatureVerifier, 'importKey'>;
  readonly generateAccountKeyPair: GenerateAccountKeyPair;
  readonly keyGenerationLimit: KeyGenerationLimit;
  readonly readPublicKeyText: ReadPublicKeyText;
  readonly rotation: SigningKeyRotation;
  /** Makes this node read the signing keys of a tenant anew; resolves when it has them. */
  readonly keysChanged: (tenant: string) => Promise<void>;
  /** Told of what failed after a change was durable: the answer stays what it is. */
  readonly reportFault: (error: unknown) => void;
  /** What templates may see of the environment of the process: the names the operator listed, with the values that are set. */
  readonly templateEnvironment: Readonly<Record<string, string | undefined>>;
  /** All that issuing a JWT-SVID uses, to try a credential provider. */
  readonly svidTrials: SvidTrials;
  /** What the token endpoint decides with, to explain what it would do. */
  readonly explanations: Explanations;
  readonly presets: readonly IssuerPreset[];
  /** The configured issuer identifier. */
  readonly baseIssuer: string;
  /** Other base URLs this server answers under. */
  readonly aliasIssuers: readonly string[];
  /** Whether an `http:` URL names a loopback host the operator listed. */
  readonly allowLoopbackHttp: (url: URL) => boolean;
  /** Why this URL is never fetched (A46), as a sentence, or `null` when it may be. */
  readonly checkOutboundUrl: (url: string) => string | null;
  /** Signs exports of activities. */
  readonly seals: Pick<TrailSeals, 'seal'>;
  /** Checks the whole trail of a tenant; one check at a time for each. */
  readonly verifyTrail: (tenant: string) => Promise<TrailReport>;
  /** Takes a place for an export of a tenant; `null` where as many are under way as may be. */
  readonly takeExport: (tenant: string) => (() => void) | null;
  /**
   * Tells this node, after the commit, that a tenant was changed; resolves when all of it obeys, and never rejects.
   *
   * @param touched what the change touched, where that is less than everything
   */
  readonly changed: (tenant: string, touched?: Touched) => Promise<void>;
  /**
   * Writes a new tenant with everything it starts with (team, use cases, signing keys, first Administrator), and what
   * `alongside` writes, in one transaction. Throws `UniqueViolation` when the name is taken.
   */
  readonly openTenant: (
    tenant: Tenant,
    alongside: (stores: Stores) => Promise<void>,
  ) => Promise<{ readonly credentials: CredentialsFile }>;
}
