/** Base64url SHA-256 of a presented token, for the activity (RS-12). */
export type HashToken = (token: string) => string;
