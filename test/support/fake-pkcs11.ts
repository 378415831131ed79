import { createECDH, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import {
  type Attribute,
  type Handle,
  pkcs11,
  type Pkcs11Module,
} from '../../src/adapters/signing/pkcs11-module.ts';
import type { Pkcs11Token } from '../../src/adapters/signing/pkcs11-token.ts';

/** What a token keeps of an object. */
interface TokenObject {
  readonly attributes: ReadonlyMap<number, Attribute['value']>;
  readonly key: KeyObject;
}

/** A token made of node:crypto, strict about the order of calls as the standard wants it. */
export interface FakePkcs11 extends Pkcs11Token {
  readonly objects: ReadonlyMap<string, TokenObject>;
  /** From now on every function throws this; `null` mends it. */
  readonly breakWith: (fault: Error | null) => void;
  readonly calls: readonly string[];
}

/** What differs from token to token. */
export interface FakePkcs11Options {
  /** Tokens that give the point of an EC key without the OCTET STRING around it. */
  readonly barePoint?: boolean;
  readonly labels?: readonly string[];
  readonly pin?: string;
  readonly initialized?: boolean;
}

/** An error as pkcs11js throws it. */
const ckr = (name: string, code: number): Error => Object.assign(new Error(`CKR_${name}:${code}`), { code });

/** Creates an empty token with a session in it. */
export const createFakePkcs11 = ({
  barePoint = false,
  labels = ['bureau'],
  pin = '1234',
  initialized = false,
}: FakePkcs11Options = {}): FakePkcs11 => {
  const objects = new Map<string, TokenObject>();
  const calls: string[] = [];
  const session = Buffer.from('session');
  let fault: Error | null = null;
  let search: string[] | null = null;
  let signing: { readonly mechanism: number; readonly key: KeyObject } | null = null;
  let busy = false;

  const called = (name: string): void => {
    calls.push(name);
    if (fault !== null) throw fault;
    if (busy) throw ckr('OPERATION_ACTIVE', 0x90);
  };
  const later = async <T>(act: () => T): Promise<T> => {
    busy = true;
    await new Promise((resolve) => setImmediate(resolve));
    busy = false;
    return act();
  };
  const objectOf = (handle: Handle): TokenObject => {
    const object = objects.get(handle.toString());
    if (object === undefined) throw ckr('OBJECT_HANDLE_INVALID', 0x82);
    return object;
  };
  const put = (
    template: readonly Attribute[],
    more: readonly [number, Attribute['value']][],
    key: KeyObject,
  ) => {
    const handle = randomUUID();
    const attributes = new Map([
      ...template.map(({ type, value }): [number, Attribute['value']] => [type, value]),
      ...more,
    ]);
    objects.set(handle, { attributes, key });
    return Buffer.from(handle);
  };

  const library: Pkcs11Module = {
    load: (path) => {
      called('load');
      if (path.includes('missing')) throw new Error(`${path}: cannot open shared object file`);
    },
    close: () => called('close'),
    C_Initialize: () => {
      called('C_Initialize');
      if (initialized) throw ckr('CRYPTOKI_ALREADY_INITIALIZED', 0x191);
    },
    C_Finalize: () => called('C_Finalize'),
    C_GetSlotList: () => {
      called('C_GetSlotList');
      return labels.map((_label, index) => Buffer.from(String(index)));
    },
    C_GetTokenInfo: (slot) => ({ label: (labels[Number(slot.toString())] ?? '').padEnd(32) }),
    C_OpenSession: (_slot, flags) => {
      called('C_OpenSession');
      if (flags !== 6) throw ckr('SESSION_PARALLEL_NOT_SUPPORTED', 0xb4);
      return session;
    },
    C_CloseSession: () => called('C_CloseSession'),
    C_Login: (_session, userType, given) => {
      called('C_Login');
      if (userType !== 1 || given !== pin) throw ckr('PIN_INCORRECT', 0xa0);
    },
    C_GenerateKeyPairAsync: (_session, { mechanism }, publicTemplate, privateTemplate) => {
      called('C_GenerateKeyPair');
      return later(() => {
        const ec = mechanism === pkcs11.CKM_EC_KEY_PAIR_GEN;
        const pair = ec
          ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
          : generateKeyPairSync('rsa', { modulusLength: 2048 });
        const { x = '', y = '', n = '', e = '' } = pair.publicKey.export({ format: 'jwk' });
        const point = Buffer.concat([
          Buffer.from(barePoint ? [4] : [4, 65, 4]),
          Buffer.from(x, 'base64url'),
          Buffer.from(y, 'base64url'),
        ]);
        const members: [number, Attribute['value']][] = ec
          ? [[pkcs11.CKA_EC_POINT, point]]
          : [
              [pkcs11.CKA_MODULUS, Buffer.concat([Buffer.alloc(1), Buffer.from(n, 'base64url')])],
              [pkcs11.CKA_PUBLIC_EXPONENT, Buffer.from(e, 'base64url')],
            ];
        const publicClass: [number, number] = [pkcs11.CKA_CLASS, pkcs11.CKO_PUBLIC_KEY];
        const privateClass: [number, number] = [pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY];
        return {
          publicKey: put(publicTemplate, [...members, publicClass], pair.publicKey),
          privateKey: put(privateTemplate, [privateClass], pair.privateKey),
        };
      });
    },
    C_GetAttributeValue: (_session, handle, template) => {
      called('C_GetAttributeValue');
      const { attributes } = objectOf(handle);
      return template.map(({ type }) => {
        const value = attributes.get(type);
        if (!Buffer.isBuffer(value)) throw ckr('ATTRIBUTE_TYPE_INVALID', 0x12);
        return { type, value };
      });
    },
    C_FindObjectsInit: (_session, template) => {
      called('C_FindObjectsInit');
      if (search !== null) throw ckr('OPERATION_ACTIVE', 0x90);
      search = [...objects]
        .filter(([, { attributes }]) => template.every(({ type, value }) => attributes.get(type) === value))
        .map(([handle]) => handle);
    },
    C_FindObjects: () => {
      called('C_FindObjects');
      if (search === null) throw ckr('OPERATION_NOT_INITIALIZED', 0x91);
      const handle = search.shift();
      return handle === undefined ? null : Buffer.from(handle);
    },
    C_FindObjectsFinal: () => {
      called('C_FindObjectsFinal');
      search = null;
    },
    C_DestroyObject: (_session, handle) => {
      called('C_DestroyObject');
      objectOf(handle);
      objects.delete(handle.toString());
    },
    C_SignInit: (_session, { mechanism }, handle) => {
      called('C_SignInit');
      if (signing !== null) throw ckr('OPERATION_ACTIVE', 0x90);
      signing = { mechanism, key: objectOf(handle).key };
    },
    C_SignAsync: (_session, data, room) => {
      called('C_Sign');
      if (signing === null) throw ckr('OPERATION_NOT_INITIALIZED', 0x91);
      const { mechanism, key } = signing;
      return later(() => {
        signing = null;
        const signature = mechanism === pkcs11.CKM_ECDSA ? signDigest(data, key) : sign('sha256', data, key);
        if (room.length < signature.length) throw ckr('BUFFER_TOO_SMALL', 0x150);
        return signature;
      });
    },
  };
  return {
    library,
    session,
    close: () => undefined,
    objects,
    calls,
    breakWith: (next) => {
      fault = next;
    },
  };
};

/** The order of P-256 (SP 800-186 §3.2.1.3). */
const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

/** ECDSA over a finished digest (FIPS 186-5 §6.4.1), which node:crypto does not offer: it hashes once more. */
const signDigest = (digest: Buffer, key: KeyObject): Buffer => {
  if (digest.length !== 32) throw ckr('DATA_LEN_RANGE', 0x21);
  const ephemeral = createECDH('prime256v1');
  const point = ephemeral.generateKeys();
  const r = toNumber(point.subarray(1, 33)) % order;
  const d = toNumber(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'));
  const k = toNumber(ephemeral.getPrivateKey());
  const s = (invert(k) * ((toNumber(digest) + r * d) % order)) % order;
  return Buffer.concat([toBytes(r), toBytes(s)]);
};

const toNumber = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);
const toBytes = (number: bigint): Buffer => Buffer.from(number.toString(16).padStart(64, '0'), 'hex');

const invert = (value: bigint): bigint => {
  let [a, b, x, y] = [value % order, order, 1n, 0n];
  while (a !== 0n) {
    const quotient = b / a;
    [a, b, x, y] = [b % a, a, y - quotient * x, x];
  }
  return ((y % order) + order) % order;
};
