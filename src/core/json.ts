/** A value that JSON can carry (RFC 8259). */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object. Read members through {@link member}: names such as `constructor` are ordinary data here. */
export type JsonObject = { readonly [name: string]: JsonValue };

/** The own member `name` of `object`, or `undefined`; never something inherited (threat A35). */
export const member = (object: JsonObject, name: string): JsonValue | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined;
