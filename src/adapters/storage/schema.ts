import type { Generated } from 'kysely';
import type { Status } from '../../core/accounts/service-account.ts';
import type { Role } from '../../core/accounts/role.ts';
import type { Outcome } from '../../core/activity/activity.ts';
import type { BlockKind } from '../../core/blocks/block.ts';
import type { AccessTokenAlgorithm, SignatureAlgorithm } from '../../core/jwt/algorithms.ts';
import type { RefusalReason } from '../../core/oauth/reasons.ts';
import type { KeyPurpose, KeyState } from '../../core/signing-keys/signing-key.ts';
import type { Replay } from '../../core/trust/trusted-issuer.ts';

/** A boolean: SQLite has none. */
export type Flag = 0 | 1;

/** A JSON text; every engine keeps it as the text it is. */
export type JsonText = string;

/** Grows with each insert into its table; the order of lists and what cursors hold. */
type Sequence = Generated<number>;

interface TenantRow {
  seq: Sequence;
  name: string;
  description: string;
  status: Status;
  settings: JsonText;
  trust_domain: string | null;
  created_at: number;
  version: number;
}

interface TrustedIssuerRow {
  seq: Sequence;
  tenant: string;
  id: string;
  issuer: string;
  jwks_uri: string | null;
  jwks: JsonText | null;
  algorithms: JsonText;
  allow_access_token_type: Flag;
  replay: Replay;
  stale_if_error_seconds: number;
  ca_certificates: string | null;
  status: Status;
  created_at: number;
  updated_at: number;
  version: number;
}

interface ServiceAccountRow {
  seq: Sequence;
  tenant: string;
  id: string;
  name: string;
  description: string;
  /** Name and description in the form in which they are searched. */
  search: string;
  owning_team: string;
  use_case: string;
  scopes: JsonText;
  audiences: JsonText;
  role: Role | null;
  status: Status;
  access_token_algorithm: AccessTokenAlgorithm | null;
  cap_to_subject_expiry: Flag;
  /** The federations themselves, so that an account is read in one piece; the table of that name only finds them. */
  federations: JsonText;
  /** What lint found; `null` where the row was saved before there was lint. */
  warnings: JsonText | null;
  created_at: number;
  updated_at: number;
  version: number;
}

/** One row per federation: which account holds it, and that no other does. */
interface FederationRow {
  tenant: string;
  account_id: string;
  issuer: string;
  fingerprint: string;
  /** This and what follows is missing where an older version wrote the row. */
  federation_id: string | null;
  /** Hash of its group: what covers a subject is found by it. */
  group_key: string | null;
  /** Its subject or pattern in the form in which neighbours stand side by side. */
  near: string | null;
  /** The literal beginning of a pattern; `null` for an exact subject too. */
  prefix: string | null;
  /** The place of its account in lists. */
  account_seq: number | null;
}

interface AccountKeyRow {
  seq: Sequence;
  tenant: string;
  id: string;
  account_id: string;
  kid: string;
  algorithm: SignatureAlgorithm;
  public_jwk: JsonText;
  status: Status;
  expires_at: number | null;
  created_at: number;
  last_used_at: number | null;
  version: Generated<number>;
  /** Missing where an older version wrote the row; then it is the kid. */
  thumbprint: string | null;
}

interface CredentialProviderRow {
  seq: Sequence;
  tenant: string;
  id: string;
  name: string;
  body: JsonText;
  created_at: number;
  updated_at: number;
  version: number;
}

interface CredentialProviderAccountRow {
  tenant: string;
  provider_id: string;
  account_id: string;
  /** Its place in the list. */
  place: number;
}

interface RevokedTokenRow {
  tenant: string;
  jti: string;
  until: number;
}

interface BlockRow {
  seq: Sequence;
  tenant: string;
  id: string;
  kind: BlockKind;
  /** Hash of what makes the target the same one; the parts exceed what an index can hold. */
  fingerprint: string;
  target: JsonText;
  name: string;
  reason: string;
  /** Target, name and reason in the form in which they are searched. */
  search: string;
  created_by: JsonText;
  created_at: number;
  version: number;
}

interface InboxEntryRow {
  seq: Sequence;
  tenant: string;
  id: string;
  /** Hash of what makes attempts one entry: its parts exceed what an index can hold. */
  fingerprint: string;
  issuer: string;
  subject: string;
  audience: string;
  verified: Flag;
  count: number;
  first_seen_at: number;
  last_seen_at: number;
  reason: RefusalReason;
  door: string | null;
  receipt: string;
  claims: JsonText | null;
}

interface TeamRow {
  seq: Sequence;
  tenant: string;
  name: string;
  description: string;
  created_at: number;
  version: number;
}

interface UseCaseRow {
  seq: Sequence;
  tenant: string;
  name: string;
  description: string;
  scopes: JsonText;
  created_at: number;
  version: number;
}

interface SigningKeyRow {
  seq: Sequence;
  tenant: string;
  kid: string;
  purpose: KeyPurpose;
  algorithm: AccessTokenAlgorithm;
  public_jwk: JsonText;
  sealed_private_key: string;
  state: KeyState;
  created_at: number;
  activated_at: number | null;
  retired_at: number | null;
}

interface SpiffeSequenceRow {
  tenant: string;
  /** Milliseconds since 1970, or more where changes came faster or a clock was set back. */
  sequence: number;
}

interface ActivityRow {
  seq: Sequence;
  tenant: string;
  id: string;
  time: number;
  type: string;
  outcome: Outcome;
  reason: string;
  account_id: string | null;
  issuer: string | null;
  subject: string | null;
  jti: string | null;
  /** Every member without a column of its own. */
  body: JsonText;
  /** Place in a chain; missing in what was written before there were chains. */
  writer: string | null;
  number: number | null;
  previous: string | null;
  hash: string | null;
}

interface ActivityChainRow {
  tenant: string;
  writer: string;
  ordinal: number;
  /** The last line. */
  number: number;
  hash: string;
  /** The last line that retention dropped. */
  dropped_number: number;
  dropped_hash: string;
}

interface ActivityCheckpointRow {
  tenant: string;
  /** Compact JWS. */
  checkpoint: string;
}

/** Lines from before there were chains, as many as retention left. */
interface UnlinkedActivitiesRow {
  tenant: string;
  lines: number;
  /** The last of them. */
  last_seq: number;
}

interface RevisionRow {
  tenant: string;
  revision: number;
}

/** What a revision touched, where that is less than everything. */
interface RevisionTouchRow {
  tenant: string;
  revision: number;
  touched: JsonText;
}

interface UsedJtiRow {
  /** Hash of tenant, party and jti: short, fixed, and says nothing when the table leaks. */
  fingerprint: string;
  until: number;
}

/** One row that is written to see whether writing works. */
interface LivenessRow {
  id: number;
  beat: number;
}

/** The tables as kysely sees them; the migrations make them so. */
export interface Database {
  tenants: TenantRow;
  trusted_issuers: TrustedIssuerRow;
  service_accounts: ServiceAccountRow;
  federations: FederationRow;
  account_keys: AccountKeyRow;
  teams: TeamRow;
  use_cases: UseCaseRow;
  signing_keys: SigningKeyRow;
  spiffe_sequences: SpiffeSequenceRow;
  credential_providers: CredentialProviderRow;
  credential_provider_accounts: CredentialProviderAccountRow;
  revoked_tokens: RevokedTokenRow;
  blocks: BlockRow;
  inbox_entries: InboxEntryRow;
  activities: ActivityRow;
  activity_chains: ActivityChainRow;
  activity_checkpoints: ActivityCheckpointRow;
  unlinked_activities: UnlinkedActivitiesRow;
  revisions: RevisionRow;
  revision_touches: RevisionTouchRow;
  used_jtis: UsedJtiRow;
  liveness: LivenessRow;
}
