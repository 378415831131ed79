/** Bytes of r and of s with P-256. */
const half = 32;

/** A signature in the form JWS has it, r‖s, as OpenSSL wants it: a sequence of two integers. */
export const toDer = (raw: Buffer): Buffer => {
  const body = Buffer.concat([integerOf(raw.subarray(0, half)), integerOf(raw.subarray(half))]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
};

/** The reverse of {@link toDer}. */
export const fromDer = (der: Buffer): Buffer => {
  const raw = Buffer.alloc(2 * half);
  const afterR = copyInteger(der, 2, raw, 0);
  copyInteger(der, afterR, raw, half);
  return raw;
};

const integerOf = (number: Buffer): Buffer => {
  let start = 0;
  while (start < half - 1 && number[start] === 0) start += 1;
  const digits = number.subarray(start);
  const sign = (digits[0] ?? 0) >= 0x80 ? [0] : [];
  return Buffer.concat([Buffer.from([0x02, digits.length + sign.length, ...sign]), digits]);
};

const copyInteger = (der: Buffer, at: number, raw: Buffer, place: number): number => {
  const length = der[at + 1] ?? 0;
  const end = at + 2 + length;
  const start = Math.max(at + 2, end - half);
  der.copy(raw, place + half - (end - start), start, end);
  return end;
};
