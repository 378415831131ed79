/** A `typ` or `cty` as it is compared: lower-case, without the prefix that may be left out (RFC 7515 §4.1.9, §4.1.10). */
export const mediaSubtype = (type: string): string => type.toLowerCase().replace(/^application\//u, '');
