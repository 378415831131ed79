/** Just enough of edwards25519 (RFC 8032 §5.1) to find its points of small order; slow, and for tests only. */
const p = 2n ** 255n - 19n;
const mod = (a: bigint): bigint => ((a % p) + p) % p;
const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b))
    if (e & 1n) result = mod(result * b);
  return result;
};
const inverse = (a: bigint): bigint => power(a, p - 2n);
const d = mod(-121_665n * inverse(121_666n));

interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

const add = (a: Point, b: Point): Point => {
  const t = mod(d * a.x * b.x * a.y * b.y);
  return {
    x: mod((a.x * b.y + b.x * a.y) * inverse(1n + t)),
    y: mod((a.y * b.y + a.x * b.x) * inverse(1n - t)),
  };
};

/** The point with this y and an even or odd x; `null` where y is on no point (RFC 8032 §5.1.3). */
const liftY = (y: bigint, odd: boolean): Point | null => {
  const xx = mod((y * y - 1n) * inverse(d * y * y + 1n));
  let x = power(xx, (p + 3n) / 8n);
  if (mod(x * x) !== xx) x = mod(x * power(2n, (p - 1n) / 4n));
  if (mod(x * x) !== xx) return null;
  return { x: (x & 1n) === (odd ? 1n : 0n) ? x : mod(-x), y };
};

/** Base64url of the 32 octets of a y coordinate with a sign bit. */
export const encodeEd25519Point = (y: bigint, odd = false): string => {
  const bytes = Buffer.alloc(32);
  let rest = y | (odd ? 2n ** 255n : 0n);
  for (let index = 0; index < 32; index++, rest >>= 8n) bytes[index] = Number(rest & 255n);
  return bytes.toString('base64url');
};

/** The y coordinates of all points whose order divides 8, found by multiplying points by the order of the prime subgroup. */
export const findSmallOrderY = (): ReadonlySet<bigint> => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const found = new Set<bigint>();
  for (let y = 2n; found.size < 5; y++) {
    const point = liftY(y, false);
    if (point === null) continue;
    let small: Point = { x: 0n, y: 1n };
    for (let base = point, e = order; e > 0n; e >>= 1n, base = add(base, base))
      if (e & 1n) small = add(small, base);
    for (let multiple = small, n = 0; n < 8; n++, multiple = add(multiple, small)) found.add(multiple.y);
  }
  return found;
};
