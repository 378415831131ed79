import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createPkcs11SigningBackend } from '../../src/adapters/signing/pkcs11.ts';
import {
  loadPkcs11Package,
  openPkcs11Token,
  type Pkcs11Token,
} from '../../src/adapters/signing/pkcs11-token.ts';
import type { SigningBackend } from '../../src/ports/signing-backend.ts';

/** SoftHSM2 with tokens of its own, or why there is none. */
export type SoftHsm =
  | { readonly found: false; readonly why: string }
  | {
      readonly found: true;
      /** The first secret is one token, every other one another. */
      readonly open: (secret: Uint8Array) => Promise<SigningBackend>;
      readonly close: () => Promise<void>;
    };

const libraries = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];

/** Looks for the package `pkcs11js` and the SoftHSM2 of Debian (`softhsm2`), and makes two tokens in a folder of its own. */
export const findSoftHsm = async (): Promise<SoftHsm> => {
  const module = libraries.find((path) => existsSync(path));
  const Library = await loadPkcs11Package().catch(() => null);
  if (Library === null) return { found: false, why: 'the package pkcs11js is not installed' };
  if (module === undefined) return { found: false, why: 'there is no libsofthsm2.so' };

  const folder = await mkdtemp(join(tmpdir(), 'bureau-softhsm-'));
  const configuration = join(folder, 'softhsm2.conf');
  await writeFile(configuration, `directories.tokendir = ${folder}\nobjectstore.backend = file\n`);
  process.env['SOFTHSM2_CONF'] = configuration;
  const pinFile = join(folder, 'pin');
  await writeFile(pinFile, '1234\n', { mode: 0o600 });
  const labels = ['bureau', 'stranger'] as const;
  const pins = ['--so-pin', '1234', '--pin', '1234'];
  for (const label of labels)
    await promisify(execFile)('softhsm2-util', ['--init-token', '--free', '--label', label, ...pins]);
  const tokens = new Map<string, Pkcs11Token>();
  let first: string | null = null;
  return {
    found: true,
    open: async (secret) => {
      const name = Buffer.from(secret).toString('hex');
      first ??= name;
      const tokenLabel = labels[name === first ? 0 : 1];
      const token =
        tokens.get(tokenLabel) ??
        (await openPkcs11Token({ module, tokenLabel, pinFile }, () => new Library()));
      tokens.set(tokenLabel, token);
      return createPkcs11SigningBackend(token, (error) => {
        throw error;
      });
    },
    close: async () => {
      for (const { library, session } of tokens.values()) library.C_CloseSession(session);
      await rm(folder, { recursive: true, force: true });
    },
  };
};
