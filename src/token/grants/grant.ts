import type { Verdict } from '../../core/activity/check.ts';
import type { FormParameters } from '../../core/oauth/form-parameters.ts';
import type { OAuthErrorCode } from '../../core/oauth/errors.ts';

/** The JWT a door is shown, and where in the request it stood. */
export interface PresentedToken {
  readonly parameter: 'subject_token' | 'assertion' | 'client_assertion';
  readonly token: string;
}

/** A way in (contract §3): how to find the token it is shown, what else it admits and which code a bad token earns. */
export interface Grant {
  /** `grant_type`, compared exactly (TR-09). */
  readonly type: string;
  /** Its short name in activities and metrics. */
  readonly door: string;
  /** Where the token it is shown stands in the form. */
  readonly tokenParameter: PresentedToken['parameter'];
  /** The error code of a bad or refused token at this door. */
  readonly presentedTokenError: OAuthErrorCode;
  /** Whether the account's own key may sign the presented token (CC-03, JB-06). */
  readonly acceptsOwnKey: boolean;
  /** Whether the presented token is itself the client's authentication (RFC 6749 §4.4). */
  readonly presentedTokenAuthenticates: boolean;
  readonly readPresentedToken: (parameters: FormParameters) => Verdict<PresentedToken>;
}
