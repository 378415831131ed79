/** The most bytes of the form body of a request (TR-11, A86). */
export const maxTokenRequestBytes = 64 * 1024;

/** A request to the token endpoint as the door-keeper needs it; nothing of HTTP but the facts that decide. */
export interface TokenRequest {
  readonly tenant: string;
  /** The form body; what is not ASCII in it is malformed, whatever it was read as. */
  readonly body: string;
  /** Whether an `Authorization` header came with it. */
  readonly authorizationHeader: boolean;
  /** Its scheme where that is one people use; for the evidence, and never more of it. */
  readonly authorizationScheme?: string | null;
  /** Whether client attestation headers came with it (FX-07). */
  readonly attestationHeader: boolean;
  readonly sourceAddress: string;
}
