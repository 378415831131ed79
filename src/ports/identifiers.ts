/** Makes an opaque identifier of at least 122 random bits, lower-case UUIDv4 text (A104). */
export type NewId = () => string;
